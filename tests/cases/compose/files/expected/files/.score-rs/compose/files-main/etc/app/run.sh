#!/bin/sh
exec app --home "$HOME" $(date) `id`
