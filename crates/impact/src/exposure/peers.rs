//! Peers and ports that the rules of a network policy allow.

use std::net::IpAddr;

use crate::selector::Selector;
use crate::tree::{Document, at, items, number, plain, scalar, strings};

/// The directions of traffic.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Ingress,
    Egress,
}

impl Direction {
    pub(crate) const ALL: [Self; 2] = [Self::Ingress, Self::Egress];

    /// Its name in `policyTypes`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ingress => "Ingress",
            Self::Egress => "Egress",
        }
    }

    /// The field with the rules.
    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Ingress => "ingress",
            Self::Egress => "egress",
        }
    }

    fn peers(self) -> &'static str {
        match self {
            Self::Ingress => "from",
            Self::Egress => "to",
        }
    }
}

/// A peer and a port that a rule allows; none is any.
#[derive(Clone, Copy)]
pub(crate) struct Allowed<'a> {
    peer: Option<&'a Document>,
    port: Option<&'a Document>,
}

/// The number of pairs of peers and ports that a rule allows.
pub(crate) fn size(rule: &Document, direction: Direction) -> usize {
    let count = |list| items(rule, &[list]).len().max(1);
    count(direction.peers()).saturating_mul(count("ports"))
}

/// The peers and ports that a rule allows.
pub(crate) fn allowed(rule: &Document, direction: Direction) -> Vec<Allowed<'_>> {
    let any_or = |list| -> Vec<Option<&Document>> {
        match items(rule, &[list]) {
            [] => vec![None],
            items => items.iter().map(Some).collect(),
        }
    };
    let (peers, ports) = (any_or(direction.peers()), any_or("ports"));
    let pairs = peers.iter().flat_map(|peer| {
        let ports = ports.iter();
        ports.map(|port| Allowed {
            peer: *peer,
            port: *port,
        })
    });
    pairs.collect()
}

impl Allowed<'_> {
    /// Whether this allows everything that the other one allows, as far as can be told.
    pub(crate) fn covers(&self, other: &Self) -> bool {
        covers_peer(self.peer, other.peer) && covers_port(self.port, other.port)
    }
}

fn covers_peer(allowed: Option<&Document>, wanted: Option<&Document>) -> bool {
    let (Some(allowed), Some(wanted)) = (allowed, wanted) else {
        return allowed.is_none();
    };
    if allowed == wanted {
        return true;
    }
    match (at(allowed, &["ipBlock"]), at(wanted, &["ipBlock"])) {
        (Some(allowed), Some(wanted)) => return covers_block(allowed, wanted),
        (None, None) => {}
        _ => return false,
    }
    let selector = |peer, field| at(peer, &[field]).map(Selector::read);
    // Without a selector of namespaces, pods of the policy's own namespace are meant; with one but without a selector
    // of pods, all pods of the namespaces.
    let namespaces = |peer| selector(peer, "namespaceSelector");
    let covers_namespaces = match (namespaces(allowed), namespaces(wanted)) {
        (None, None) => true,
        (Some(allowed), None) => allowed.is_empty(),
        (None, Some(_)) => false,
        (Some(allowed), Some(wanted)) => allowed.covers(&wanted),
    };
    let pods = |peer| selector(peer, "podSelector").unwrap_or_default();
    covers_namespaces && pods(allowed).covers(&pods(wanted))
}

fn covers_block(allowed: &Document, wanted: &Document) -> bool {
    let block = |tree| Block::read(plain(tree, &["cidr"])?);
    let (Some(outer), Some(inner)) = (block(allowed), block(wanted)) else {
        return false;
    };
    let except = |tree| -> Vec<Option<Block>> {
        let except = strings(tree, &["except"]).into_iter();
        except.map(Block::read).collect()
    };
    let excluded = except(wanted);
    // A range that is not allowed must be excluded on the other side, or outside of its range.
    let is_closed = |hole: Option<Block>| {
        hole.is_some_and(|hole| {
            let mut excluded = excluded.iter().flatten();
            excluded.any(|it| it.contains(hole)) || hole.is_apart_from(inner)
        })
    };
    outer.contains(inner) && except(allowed).into_iter().all(is_closed)
}

/// A range of addresses.
#[derive(Clone, Copy)]
struct Block {
    is_v4: bool,
    bits: u128,
    length: u32,
}

impl Block {
    fn read(cidr: &str) -> Option<Self> {
        let (address, length) = cidr.split_once('/')?;
        let length: u32 = length.parse().ok()?;
        let (is_v4, bits, width) = match address.parse().ok()? {
            IpAddr::V4(address) => (true, u128::from(address.to_bits()) << 96, 32),
            IpAddr::V6(address) => (false, address.to_bits(), 128),
        };
        (length <= width).then_some(Self {
            is_v4,
            bits,
            length,
        })
    }

    fn contains(self, other: Self) -> bool {
        self.is_v4 == other.is_v4
            && self.length <= other.length
            && (self.bits ^ other.bits)
                .checked_shr(128 - self.length)
                .unwrap_or(0)
                == 0
    }

    fn is_apart_from(self, other: Self) -> bool {
        !self.contains(other) && !other.contains(self)
    }
}

fn covers_port(allowed: Option<&Document>, wanted: Option<&Document>) -> bool {
    let (Some(allowed), Some(wanted)) = (allowed, wanted) else {
        return allowed.is_none();
    };
    let protocol = |port| plain(port, &["protocol"]).unwrap_or("TCP").to_owned();
    if protocol(allowed) != protocol(wanted) {
        return false;
    }
    let Some(wanted_port) = scalar(wanted, &["port"]) else {
        return scalar(allowed, &["port"]).is_none();
    };
    let Some(port) = scalar(allowed, &["port"]) else {
        return true;
    };
    let range = |tree| {
        let first = number(tree, &["port"])?;
        Some((first, number(tree, &["endPort"]).unwrap_or(first)))
    };
    match (range(allowed), range(wanted)) {
        (Some(allowed), Some(wanted)) => allowed.0 <= wanted.0 && wanted.1 <= allowed.1,
        _ => port == wanted_port,
    }
}
