//! sprig's functions of URLs.

mod parts;

use super::arguments::{bytes, map};
use super::{Function, entry};
use crate::context::Context;
use crate::error::{Failure, Outcome};
use crate::value::{Map, Str, Value};
use parts::{User, parse};

pub(super) const TABLE: &[Function] = &[
    entry("urlJoin", "m", url_join),
    entry("urlParse", "s", url_parse),
];

fn url_parse(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let text = bytes(values, 0);
    context.allocate(8 * super::dict::ENTRY + 4 * text.len())?;
    let url = parse(text).map_err(Failure::invalid)?;
    let user = url.user.as_ref().map(User::text).unwrap_or_default();
    let map = Map::new();
    for (key, value) in [
        ("fragment", url.fragment),
        ("hostname", parts::hostname(&url.host).to_vec()),
        ("host", url.host),
        ("opaque", url.opaque),
        ("path", url.path),
        ("query", url.query),
        ("scheme", url.scheme),
        ("userinfo", user),
    ] {
        map.set(Str::from(key), Value::string(value));
    }
    Ok(Value::Map(map))
}

fn url_join(context: &mut Context, values: &[Value]) -> Outcome<Value> {
    let parts = map(values, 0);
    let part = |key: &str| match parts.get(key.as_bytes()) {
        None => Ok(Vec::new()),
        Some(value) => {
            let message = || Failure::invalid(format!("{key} is not a string"));
            value.bytes().map(<[u8]>::to_vec).ok_or_else(message)
        }
    };
    let mut url = parts::Url {
        scheme: part("scheme")?,
        opaque: part("opaque")?,
        user: None,
        host: part("host")?,
        path: part("path")?,
        query: part("query")?,
        fragment: part("fragment")?,
    };
    let user = part("userinfo")?;
    let size: usize = [
        &url.opaque,
        &url.host,
        &url.path,
        &url.query,
        &url.fragment,
        &user,
    ]
    .iter()
    .map(|part| part.len())
    .sum();
    context.allocate(6 * size)?;
    if !user.is_empty() {
        let with_user = [b"proto://", user.as_slice(), b"@host"].concat();
        url.user = parse(&with_user).map_err(Failure::invalid)?.user;
    }
    super::arguments::text(context, url.text())
}
