use super::{Sealing, SecretOwner};
use crate::ir::{Ref, Text};

const OWNER: SecretOwner<'_> = SecretOwner {
    uid: "redis.default#web.cache",
    object: "redis-web--cache",
};

fn shown(text: &Text) -> String {
    let redacted: Text = text.map(|reference| match reference {
        Ref::Secret(secret) => format!("<{}>", secret.name).into(),
        Ref::KeyRef(key) => format!("<{}/{}>", key.object, key.key).into(),
        _ => "<ref>".into(),
    });
    redacted.as_plain().unwrap_or_default().to_owned()
}

#[test]
fn secrets_are_found_alone_in_text_and_in_base64() {
    let mut sealing = Sealing::new(None);
    sealing.add("hunter22", "password", Some(OWNER));
    sealing.add("hunter22-x", "longer", Some(OWNER));
    sealing.add("42", "pin", Some(OWNER));
    for (text, expected) in [
        ("hunter22", "<password>"),
        ("redis://:hunter22@a", "redis://:<password>@a"),
        ("a hunter22-xy", "a <longer>y"),
        ("aHVudGVyMjI=", "<base64-"),
        ("Basic eDpodW50ZXIyMg==", "Basic <base64-"),
        ("42", "<pin>"),
        ("4242", "4242"),
        ("🔐💬db_key💬🔐!", "<db/key>!"),
    ] {
        let found = shown(&sealing.text(text, OWNER));
        assert!(found.starts_with(expected), "{text}: {found}");
    }
}

#[test]
fn parts_of_names_are_not_secret() {
    let mut sealing = Sealing::new(None);
    sealing.add("aB3dE6", "suffix", Some(OWNER));
    sealing.name("redis-aB3dE6-data");
    assert_eq!(shown(&sealing.text("redis-aB3dE6", OWNER)), "redis-aB3dE6");
}

#[test]
fn markers_become_references() {
    let mut sealing = Sealing::new(None);
    let marker = sealing.marker(&Ref::Host("web".to_owned()));
    let text = sealing.text(&format!("http://{marker}:80"), OWNER);
    assert_eq!(text.references().next(), Some(&Ref::Host("web".to_owned())));
    assert_eq!(Sealing::unmarked(&marker), "\u{fffd}0\u{fffd}");
}
