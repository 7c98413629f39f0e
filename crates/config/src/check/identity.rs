//! What a configuration asks of the identity that is not done.

use super::{Finding, Severity};
use crate::config::Config;
use crate::section::Section;

/// What there is to say about `auth_strategy` and `[keystone_authtoken]`.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let default = config.default_section();
    let strategy = default.nonempty("auth_strategy").ok().flatten().unwrap_or_default();
    if strategy.starts_with("noauth") {
        let message = "everybody would be let in; without [keystone_authtoken] auth_url the embedded identity needs no \
                       other service either";
        findings.push(about(&default, "auth_strategy", Severity::Error, message));
    }
    let section = config.section("keystone_authtoken");
    if section.sets("memcached_servers") {
        let message = "has no effect: each process remembers tokens by itself, for token_cache_time";
        findings.push(about(&section, "memcached_servers", Severity::Warning, message));
    }
    if section.get::<bool>("delay_auth_decision").ok().flatten() == Some(true) {
        let message = "has no effect: nobody is let in without a token";
        findings.push(about(&section, "delay_auth_decision", Severity::Warning, message));
    }
    for key in ["certfile", "keyfile"].into_iter().filter(|key| section.sets(key)) {
        findings.push(about(
            &section,
            key,
            Severity::Warning,
            "has no effect: Keystone is shown no certificate",
        ));
    }
    if section.sets("www_authenticate_uri") && !section.sets("auth_url") {
        let message = "is not enough to ask Keystone: without auth_url, the embedded identity is used";
        findings.push(about(&section, "www_authenticate_uri", Severity::Warning, message));
    }
    findings
}

fn about(section: &Section<'_>, key: &str, severity: Severity, message: &str) -> Finding {
    Finding {
        severity,
        place: section.place_of(key),
        section: Some(section.name().to_owned()),
        key: Some(key.to_owned()),
        message: message.to_owned(),
    }
}
