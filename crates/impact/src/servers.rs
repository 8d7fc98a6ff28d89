//! Servers that get data of another version: an older one cannot read what a newer one has written.

use std::cmp::Ordering;

use score_compiler::FieldPath;

use crate::class::Class;
use crate::found::Found;
use crate::mounts::{self, Claims};
use crate::object::Object;
use crate::pods::{Pod, paired};
use crate::show::quoted;
use crate::tree::{path, plain};

/// The rules about the data of a server.
struct Server {
    /// The names of its images, without registry and path.
    images: &'static [&'static str],
    /// The number of parts of the version that identify the format of its data.
    parts: usize,
    /// The newer versions that read the data.
    upgrade: Upgrade,
}

/// The newer versions of a server that read the data of an older one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Upgrade {
    /// All.
    Any,
    /// Those of the next major version.
    NextMajor,
    /// Those of the same major version.
    SameMajor,
}

/// The servers, each with the page or the function that tells which data it reads.
const SERVERS: &[Server] = &[
    // https://www.postgresql.org/docs/current/upgrading.html
    Server {
        images: &[
            "postgres",
            "postgresql",
            "postgis",
            "pgvector",
            "timescaledb",
            "timescaledb-ha",
        ],
        parts: 1,
        upgrade: Upgrade::SameMajor,
    },
    // redis/redis src/rdb.c: rdbLoadRioWithLoadingCtx
    Server {
        images: &["redis", "redis-stack", "redis-stack-server"],
        parts: 2,
        upgrade: Upgrade::Any,
    },
    // valkey-io/valkey src/rdb.c: rdbLoadRioWithLoadingCtx
    Server {
        images: &["valkey", "valkey-bundle"],
        parts: 2,
        upgrade: Upgrade::Any,
    },
    // https://dev.mysql.com/doc/refman/8.0/en/downgrading.html
    Server {
        images: &["mysql", "mysql-server"],
        parts: 3,
        upgrade: Upgrade::Any,
    },
    // https://mariadb.com/kb/en/downgrading-between-major-versions-of-mariadb
    Server {
        images: &["mariadb"],
        parts: 2,
        upgrade: Upgrade::Any,
    },
    // https://www.mongodb.com/docs/manual/release-notes/8.0-downgrade/
    Server {
        images: &[
            "mongo",
            "mongodb",
            "mongodb-community-server",
            "mongodb-enterprise-server",
        ],
        parts: 2,
        upgrade: Upgrade::NextMajor,
    },
    // https://www.elastic.co/guide/en/elasticsearch/reference/7.8/setup-upgrade.html
    Server {
        images: &["elasticsearch"],
        parts: 3,
        upgrade: Upgrade::NextMajor,
    },
    // https://learn.microsoft.com/en-us/sql/linux/sql-server-linux-setup#rollback
    Server {
        images: &["mssql"],
        parts: 1,
        upgrade: Upgrade::Any,
    },
];

/// A reference to an image.
struct Image<'a> {
    /// The name without tag and digest.
    name: &'a str,
    tag: Option<&'a str>,
}

impl<'a> Image<'a> {
    fn read(image: &'a str) -> Self {
        let name = image.split_once('@').map_or(image, |(name, _)| name);
        match name.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => Self {
                name,
                tag: Some(tag),
            },
            _ => Self { name, tag: None },
        }
    }

    /// The server, by the last part of the name; `mssql/server` by the one before.
    fn server(&self) -> Option<&'static Server> {
        let parts = self.name.rsplit('/').filter(|part| *part != "server");
        let last = parts.take(1).next()?;
        SERVERS.iter().find(|server| server.images.contains(&last))
    }

    /// The version of the tag. Images of extensions have the version of Postgres after `pg`.
    fn version(&self) -> Option<Vec<u64>> {
        let tag = self.tag?;
        let words = || tag.split(['-', '_']);
        let of_postgres = words().find_map(|word| version(word.strip_prefix("pg")?));
        let is_postgres = self
            .server()
            .is_some_and(|it| it.images.contains(&"postgres"));
        of_postgres.filter(|_| is_postgres).or_else(|| {
            let first = words().next()?;
            version(first.strip_prefix('v').unwrap_or(first))
        })
    }
}

/// The numbers of a version, which may end with a pre-release.
fn version(text: &str) -> Option<Vec<u64>> {
    let is_part = |c: char| c.is_ascii_digit() || c == '.';
    let end = text.find(|c| !is_part(c)).unwrap_or(text.len());
    let (numbers, rest) = text.split_at(end);
    let is_pre_release = ["rc", "beta", "alpha", "+"]
        .iter()
        .any(|it| rest.starts_with(it));
    if !rest.is_empty() && !is_pre_release {
        return None;
    }
    numbers
        .split('.')
        .map(|number| number.parse().ok())
        .collect()
}

/// Adds the hazards of servers that keep their data and get another version.
pub(crate) fn versions((before, after): (&Object, &Object), found: &mut Found) {
    let mut check = |old: Option<&str>, new: Option<&str>, place: FieldPath| {
        let (Some(old), Some(new)) = (old, new) else {
            return;
        };
        if let Some((class, reason, advice)) = judged(old, new) {
            found.raise_with(class, place, &reason, Some(advice));
        }
    };
    if after.id.is("", "service") {
        let (old, new) = (mounts::of_service(before), mounts::of_service(after));
        if mounts::share_data(&old, &new) {
            let image = |object| plain(object, &["image"]);
            check(image(&before.tree), image(&after.tree), path(&["image"]));
        }
        return;
    }
    let (Some(old), Some(new)) = (Pod::of(before), Pod::of(after)) else {
        return;
    };
    let claims = (Claims::of(before), Claims::of(after));
    for pair in paired(Some(old), new) {
        let (Some(old), Some(container)) = pair else {
            continue;
        };
        let has_data = || {
            let [old, new] = [claims.0.mounts(&old), claims.1.mounts(&container)];
            mounts::share_data(&old, &new)
        };
        let image = |tree| plain(tree, &["image"]);
        let images = (image(old.tree), image(container.tree));
        if images.0 != images.1 && has_data() {
            let place = new.container_path(&container, &["image"]);
            check(images.0, images.1, place);
        }
    }
}

/// The class, the reason and the advice for another image with the same data; none if it is no hazard.
fn judged(before: &str, after: &str) -> Option<(Class, String, &'static str)> {
    let (old, new) = (Image::read(before), Image::read(after));
    let server = match (old.server(), new.server()) {
        (Some(old), Some(new)) if std::ptr::eq(old, new) => Some(new),
        (None, None) if old.name == new.name => None,
        (None, None) => return None,
        _ => return of_other_server(&old, &new),
    };
    let (Some(from), Some(to)) = (old.version(), new.version()) else {
        let is_other = old.tag != new.tag || old.tag.is_none() && before != after;
        server.filter(|_| is_other)?;
        let reason = "the tags are not versions, so it is not known whether the new one reads the \
                      data of the old one";
        return Some((
            Class::Unknown,
            reason.to_owned(),
            "use tags with versions, and compare them",
        ));
    };
    let Some(server) = server else {
        let common = from.len().min(to.len());
        let reason = "it is an older version, and the data is of a newer one".to_owned();
        let advice = "check that the older version reads the data";
        return (to[..common] < from[..common]).then_some((Class::Unknown, reason, advice));
    };
    server.judged(&from, &to)
}

/// The class, the reason and the advice for an image of another server, or one that may be of another server.
fn of_other_server(old: &Image<'_>, new: &Image<'_>) -> Option<(Class, String, &'static str)> {
    let (from, to) = (quoted(old.name), quoted(new.name));
    match reads_other(old, new) {
        Some(true) => None,
        Some(false) => {
            let reason = format!("{to} cannot read the data of {from}");
            Some((Class::DataLoss, reason, "move the data with a backup"))
        }
        None => {
            let reason = format!("whether {to} reads the data of {from} is not known");
            let advice = "compare the servers in both images";
            Some((Class::Unknown, reason, advice))
        }
    }
}

/// The last version of Redis with data that Valkey reads: <https://valkey.io/topics/migration>
const REDIS_OF_VALKEY: [u64; 2] = [7, 2];

/// Whether a server reads the data of another one; none if it is not known.
fn reads_other(old: &Image<'_>, new: &Image<'_>) -> Option<bool> {
    let of = |image: &Image<'_>, name| Some(image.server()?.images.contains(&name));
    let (from, to) = (
        (of(old, "redis")?, of(old, "valkey")?),
        (of(new, "redis")?, of(new, "valkey")?),
    );
    match (from, to) {
        ((true, _), (_, true)) => {}
        ((_, true), (true, _)) => return None,
        _ => return Some(false),
    }
    // Modules, as in `redis-stack`, have data of their own.
    let is_alone = old.name.rsplit('/').next() == Some("redis");
    let version = old.version().filter(|_| is_alone)?;
    let common = version.len().min(REDIS_OF_VALKEY.len());
    match version[..common].cmp(&REDIS_OF_VALKEY[..common]) {
        Ordering::Less => Some(true),
        Ordering::Greater => Some(false),
        Ordering::Equal => (common == REDIS_OF_VALKEY.len()).then_some(true),
    }
}

impl Server {
    fn judged(&self, from: &[u64], to: &[u64]) -> Option<(Class, String, &'static str)> {
        let common = self.parts.min(from.len()).min(to.len());
        let shown = |version: &[u64]| {
            let parts: Vec<String> = version.iter().map(u64::to_string).collect();
            parts.join(".")
        };
        let (old, new) = (shown(from), shown(to));
        if to[..common] < from[..common] {
            let reason = format!("version {new} cannot read the data of version {old}");
            let advice = "keep the version, or restore a backup that the older version made";
            return Some((Class::DataLoss, reason, advice));
        }
        let majors = (from.first()?, to.first()?);
        let is_far = match self.upgrade {
            Upgrade::Any => false,
            Upgrade::NextMajor => *majors.1 > majors.0.saturating_add(1),
            Upgrade::SameMajor => majors.1 > majors.0,
        };
        let reason = format!(
            "version {new} does not start with the data of version {old}, which must be migrated"
        );
        let advice =
            "make a backup, and migrate the data as the documentation of the server describes";
        is_far.then_some((Class::Downtime, reason, advice))
    }
}

#[cfg(test)]
mod tests {
    use super::{Image, judged};
    use crate::class::Class;

    #[test]
    fn versions_are_those_of_tags() {
        for (image, expected) in [
            ("postgres:17.5-alpine", Some(vec![17, 5])),
            ("registry.example:5000/hub/postgres:16", Some(vec![16])),
            ("timescale/timescaledb:2.17.2-pg16", Some(vec![16])),
            ("pgvector/pgvector:pg17", Some(vec![17])),
            (
                "mcr.microsoft.com/mssql/server:2022-latest",
                Some(vec![2022]),
            ),
            ("acme/web:v1.2.3", Some(vec![1, 2, 3])),
            ("acme/web:7f3c9a1", None),
            ("acme/web:1..2", None),
            ("acme/web:99999999999999999999", None),
            ("acme/web:latest", None),
            ("acme/web", None),
            ("postgres@sha256:17", None),
        ] {
            assert_eq!(Image::read(image).version(), expected, "{image}");
        }
    }

    #[test]
    fn servers_read_data_of_some_versions() {
        for (before, after, expected) in [
            ("postgres:17", "postgres:16-alpine", Some(Class::DataLoss)),
            ("postgres:17.5", "docker.io/library/postgres:17.2", None),
            ("postgres:16", "postgres:17", Some(Class::Downtime)),
            ("postgres:16", "postgres:latest", Some(Class::Unknown)),
            ("postgres:16@sha256:a", "postgres:16@sha256:b", None),
            (
                "postgres@sha256:a",
                "postgres@sha256:b",
                Some(Class::Unknown),
            ),
            ("postgres:16", "mysql:8", Some(Class::DataLoss)),
            ("postgres:16", "acme/pg:16", Some(Class::Unknown)),
            ("acme/our-postgres:16", "postgres:16", Some(Class::Unknown)),
            ("redis:7.2.5", "valkey/valkey:8", None),
            ("redis:6", "valkey/valkey:latest", None),
            ("redis:7", "valkey/valkey:8", Some(Class::Unknown)),
            ("redis:7.4", "valkey/valkey:8", Some(Class::DataLoss)),
            ("redis", "valkey/valkey:8", Some(Class::Unknown)),
            (
                "redis/redis-stack:7.2.0-v10",
                "valkey/valkey:8",
                Some(Class::Unknown),
            ),
            ("valkey/valkey:8", "redis:8", Some(Class::Unknown)),
            ("redis:8", "postgres:16", Some(Class::DataLoss)),
            ("redis:8", "redis:7.4", Some(Class::DataLoss)),
            ("redis:7.2", "redis:7.0", Some(Class::DataLoss)),
            ("redis:7", "redis:7.2", None),
            ("redis:7", "redis:8", None),
            ("mongo:6", "mongo:8", Some(Class::Downtime)),
            ("mongo:7", "mongo:8", None),
            ("acme/shop:2.1", "acme/shop:2.0.9", Some(Class::Unknown)),
            ("acme/shop:2.1", "acme/shop:2.2", None),
            ("acme/shop:abc", "acme/shop:def", None),
        ] {
            let found = judged(before, after).map(|it| it.0);
            assert_eq!(found, expected, "{before} -> {after}");
        }
    }
}
