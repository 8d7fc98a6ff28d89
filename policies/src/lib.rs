//! The built-in rules: one policy file per scope, as a string. Reading policies and judging by them is the job of
//! `score-policy`.
#![no_std]

macro_rules! builtin {
    ($($scope:literal)+) => {
        /// The files, keyed and sorted by the scope of their rules.
        pub const BUILTIN: &[(&str, &str)] = &[
            $(($scope, include_str!(concat!("../", $scope, ".yaml"))),)+
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
