use super::{masked, secrets, without_credentials};

fn shown(text: &str) -> String {
    let shown = masked(text, &secrets(text));
    assert_eq!(shown.len(), text.len());
    assert_eq!(shown.lines().count(), text.lines().count());
    shown
}

#[test]
fn credentials_of_urls_are_hidden() {
    for (text, expected) in [
        ("a: https://me:pw@host/x", "a: https://*****@host/x"),
        ("a: https://me:p/w#@host/x y", "a: https://*******@host/x y"),
        ("a: https://me:p@w@host/x", "a: https://******@host/x"),
        ("a: https://me:p w@host/x", "a: https://******@host/x"),
        ("a: git+https://token@host", "a: git+https://*****@host"),
        (
            "a: [https://x/, oci://u:p@h]",
            "a: [https://x/, oci://***@h]",
        ),
        (
            "{\"a\":\"https://x/\",\"b\":\"ftp://u:p@h\"}",
            "{\"a\":\"https://x/\",\"b\":\"ftp://***@h\"}",
        ),
        (
            "postgres://me:${a.b}@${a.c}:1/x",
            "postgres://me:${a.b}@${a.c}:1/x",
        ),
        (
            "postgres://me:x${a.b}@${a.c}",
            "postgres://****${a.b}@${a.c}",
        ),
        ("a: me:pw@host/x", "a: *****@host/x"),
        ("a: https:/me:pw@host/x", "a: https:/*****@host/x"),
        ("a: //me:pw@host", "a: //*****@host"),
        ("a: host/me:pw@b", "a: host/*****@b"),
        (
            "a: \"https://host/x?b=c&access_token=d&e=f\"",
            "a: \"https://host/x?b=c&access_token=*&e=f\"",
        ),
        ("image: nginx:1.2@sha256:00", "image: nginx:1.2@sha256:00"),
        ("a: me:pw@shard1/x", "a: *****@shard1/x"),
        ("git@host:x/y", "git@host:x/y"),
        ("ssh://git@host/x", "ssh://git@host/x"),
        ("https://host:80/a@b:c", "https://host:80/a@b:c"),
        ("https://host/a@b", "https://host/a@b"),
        ("http://{{ a }}:{{ b }}/x@y", "http://{{ a }}:{{ b }}/x@y"),
        ("https://[::1]:80/a@b", "https://[::1]:80/a@b"),
        ("a: https://mé:pß@host", "a: https://*\u{d7}**\u{d7}@host"),
    ] {
        assert_eq!(shown(text), expected);
    }
    assert_eq!(
        without_credentials("`x://u:p@h` is no"),
        "`x://***@h` is no"
    );
}

#[test]
fn values_of_secret_keys_are_hidden() {
    for (text, expected) in [
        ("password: hunter2", "password: *******"),
        ("accessKey: a\napi-key: b", "accessKey: *\napi-key: *"),
        ("tlsSecret: Web", "tlsSecret: Web"),
        ("password: \"abc", "password: \"***"),
        (
            "password: \"abc\ndef\"\nb: c",
            "password: \"***\n***\"\nb: c",
        ),
        ("password: \"abc\nb: c", "password: \"***\nb: c"),
        ("password: \"abc\" d # e", "password: \"**********"),
        (
            "- DB_PASSWORD: 'it''s' # why",
            "- DB_PASSWORD: '*****' # why",
        ),
        ("password:hunter2", "password:*******"),
        ("password: abc: def", "password: ********"),
        ("{a: 1, api_key: abc, b: c}", "{a: 1, api_key: ***, b: c}"),
        (
            "{\"accessToken\":\"a,b\",\"c\":1}",
            "{\"accessToken\":\"***\",\"c\":1}",
        ),
        (
            "token: |\n  abc\n\n  def: g\nb: c",
            "token: |\n  ***\n\n  ******\nb: c",
        ),
        ("token:\n  abc\nb: c", "token:\n  ***\nb: c"),
        (
            "secret:\n  name: x\n  token: abc",
            "secret:\n  name: x\n  token: ***",
        ),
        ("token: {type: secret}", "token: {type: secret}"),
        ("token: {abc", "token: ****"),
        ("secret: true\nsecret: null", "secret: true\nsecret: null"),
        (
            "password: ${resources.db.password}",
            "password: ${resources.db.password}",
        ),
        (
            "{password: '{{ secret(16) }}', a: b}",
            "{password: '{{ secret(16) }}', a: b}",
        ),
        ("{password: a${b.c}d, a: b}", "{password: *${b.c}*, a: b}"),
        ("DB_PASSWORD=abc def", "DB_PASSWORD=*******"),
        (
            "password: ${resources.db.password",
            "password: ${resources.db.password",
        ),
        ("image: token:latest", "image: token:latest"),
        ("secrets: external", "secrets: external"),
        ("required: [password, token]", "required: [password, token]"),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
fn values_of_variables_are_hidden() {
    for (text, expected) in [
        ("- DB_PASSWORD=hunter2", "- DB_PASSWORD=*******"),
        ("a: \"--password=b\", c", "a: \"--password=*\", c"),
        (
            "args: [\"--token=$(DB_PASSWORD)\"]",
            "args: [\"--token=$(DB_PASSWORD)\"]",
        ),
        (
            "a: \"{{ password == 'b' }}\"",
            "a: \"{{ password == 'b' }}\"",
        ),
        ("args: [a, --password=b]", "args: [a, --password=*]"),
        (
            "- name: DB_PASSWORD\n  value: hunter2",
            "- name: DB_PASSWORD\n  value: *******",
        ),
        (
            "- name: DB_HOST\n  value: hunter2",
            "- name: DB_HOST\n  value: hunter2",
        ),
    ] {
        assert_eq!(shown(text), expected);
    }
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "the test is about time, with much room"
)]
fn nothing_takes_long() {
    for part in [
        "://",
        "a:b@://",
        "token:",
        "{{",
        "\"token\":\"",
        "token: \"\n",
        "://a:b/",
        "${",
    ] {
        let text = part.repeat(2_000_000 / part.len());
        let start = std::time::Instant::now();
        secrets(&text);
        assert!(start.elapsed().as_secs() < 30, "{part}");
    }
}
