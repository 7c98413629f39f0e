//! What a configuration asks of brokers.

use super::{Finding, Severity};
use crate::config::Config;
use crate::section::Section;
use crate::transport::TransportUrl;

/// Ways to notify that do nothing, on purpose.
const SILENT: [&str; 3] = ["noop", "test", ""];

/// What there is to say about `transport_url` and `[oslo_messaging_notifications]`.
pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    let (default, notifications) = (config.default_section(), config.section("oslo_messaging_notifications"));
    let mut has_broker = false;
    for section in [&default, &notifications].into_iter().filter(|section| section.sets("transport_url")) {
        let Ok(Some(url)) = section.nonempty("transport_url") else { continue };
        match TransportUrl::parse(&url) {
            Ok(_) => has_broker = true,
            Err(error) => {
                findings.push(about(section, "transport_url", Severity::Error, error.to_string()));
                has_broker = true;
            }
        }
    }
    let drivers: Vec<String> = notifications.multi("driver").unwrap_or_default();
    for driver in &drivers {
        let message = match driver.as_str() {
            "messagingv2" | "messaging" if has_broker => continue,
            "messagingv2" | "messaging" => "has no effect without a transport_url".to_owned(),
            silent if SILENT.contains(&silent) => continue,
            _ => "has no effect: messagingv2 and messaging are built".to_owned(),
        };
        findings.push(about(&notifications, "driver", Severity::Warning, message));
    }
    findings
}

fn about(section: &Section<'_>, key: &str, severity: Severity, message: String) -> Finding {
    let (name, place) = (section.name().to_owned(), section.place_of(key));
    Finding { severity, place, section: Some(name), key: Some(key.to_owned()), message }
}
