//! Who may import whom. Cargo refuses cycles; this refuses short cuts.

use serde_json::Value;

use super::Finding;

/// Our crates, each with those of ours that it may use in the product. What a crate's tests use is its own business.
const OURS: &[(&str, &[&str])] = &[
    ("model", &[]),
    ("config", &["model"]),
    ("placement", &["model"]),
    ("auth", &["model"]),
    ("inspect", &[]),
    ("wire", &["model"]),
    ("ports", &["model"]),
    ("backup", &["ports", "model"]),
    ("store", &["model"]),
    ("ledger", &["store", "model"]),
    ("operations", &["backup", "ledger", "store", "ports", "placement", "inspect", "model"]),
    ("backends", &["ports", "auth", "model", "config"]),
    ("attach", &["ports", "inspect", "model"]),
    ("broker", &["ledger", "ports", "config", "model"]),
    ("api", &["wire", "auth", "operations", "store", "ledger", "model"]),
    (
        "server",
        &[
            "api",
            "attach",
            "auth",
            "backends",
            "backup",
            "broker",
            "config",
            "inspect",
            "ledger",
            "model",
            "operations",
            "placement",
            "ports",
            "store",
            "wire",
        ],
    ),
];

/// Crates for development, which may use everything and which the product may not use.
const FOR_DEVELOPMENT: [&str; 6] = ["skips", "testdb", "testkit", "blackbox", "bench", "xtask"];

/// Crates of others that belong into certain rooms only.
const THEIRS: &[(&str, &[&str])] = &[
    ("rusqlite", &["store"]),
    ("mysql", &["store"]),
    ("postgres", &["store"]),
    ("axum", &["api", "server"]),
    ("hyper", &["server"]),
    ("hyper-util", &["server"]),
    ("clap", &["server"]),
    ("tokio", &["ports", "store", "ledger", "operations", "backends", "broker", "api", "server"]),
];

pub(crate) fn check(metadata: &Value) -> Vec<Finding> {
    let packages = metadata["packages"].as_array().map(Vec::as_slice).unwrap_or_default();
    packages.iter().flat_map(check_package).collect()
}

fn check_package(package: &Value) -> Vec<Finding> {
    let name = package["name"].as_str().unwrap_or_default();
    let manifest = format!("the manifest of {name}");
    if FOR_DEVELOPMENT.contains(&name) {
        return Vec::new();
    }
    let Some((_, ours)) = OURS.iter().find(|(known, _)| *known == name) else {
        return vec![Finding::in_file(&manifest, "the import table does not know this crate")];
    };
    let dependencies = package["dependencies"].as_array().map(Vec::as_slice).unwrap_or_default();
    let in_product = dependencies.iter().filter(|dependency| dependency["kind"] != "dev");
    let refused = in_product.filter_map(|dependency| {
        let used = dependency["name"].as_str().unwrap_or_default();
        let is_ours = dependency["path"].is_string();
        let allowed = if is_ours { ours.contains(&used) } else { may_use_theirs(name, used) };
        (!allowed).then(|| Finding::in_file(&manifest, format!("{name} may not import {used}")))
    });
    refused.collect()
}

fn may_use_theirs(name: &str, used: &str) -> bool {
    let rule = THEIRS.iter().find(|(theirs, _)| *theirs == used);
    rule.is_none_or(|(_, rooms)| rooms.contains(&name))
}
