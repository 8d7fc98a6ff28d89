//! The built-in templates: the files of each of them, as strings. Reading and rendering templates is the job of
//! `score-compiler`.
#![no_std]

/// The files of a template by path.
pub type Files = &'static [(&'static str, &'static str)];

macro_rules! builtin {
    ($($name:literal: $($file:literal)+;)+) => {
        /// The templates, keyed and sorted by name.
        pub const BUILTIN: &[(&str, Files)] = &[
            $(($name, &[
                $(($file, include_str!(concat!("../", $name, "/", $file))),)+
            ]),)+
        ];
    };
}

builtin! {
    "api": "score.yaml.jinja" "template.yaml";
    "cron": "score.yaml.jinja" "template.yaml";
    "web": "score.yaml.jinja" "template.yaml";
    "worker": "score.yaml.jinja" "template.yaml";
}
