//! The built-in rules: one policy file per scope, as a string. Reading policies and judging by them is the job of
//! `score-policy`.
#![no_std]

macro_rules! builtin {
    ($($scope:literal)+) => {
        /// The files, keyed and sorted by the scope of their rules.
        pub const BUILTIN: &[(&str, &str)] = &[
            $(($scope, include_str!(concat!("../", $scope, ".yaml"))),)+
        ];

        /// The trees of the files, in their order, as `score_spec::stored` reads them. It takes longer to parse the
        /// files than to compile a small project.
        pub const STORED: &[&str] = &[
            $(include_str!(concat!("../stored/", $scope, ".txt")),)+
        ];
    };
}

builtin! {
    "availability"
    "catalogue"
    "compute"
    "image"
    "metadata"
    "network"
    "probe"
    "secret"
    "security"
    "storage"
}
