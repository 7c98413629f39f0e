//! From options of the configuration to the values that the parts take.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use ::backends::compute::Nova;
use api::tokens::ServiceTokens;
use config::{Config, OptionError, Section};
use operations::roles::BackupRole;
use operations::{Settings, TransferDigits};
use placement::{Policy, PolicyOptions};
use ports::Compute;

use super::keystone;
use crate::cli::Failure;

/// Pause before the second try of an external effect that failed, in milliseconds.
const FIRST_RETRY_MS: u64 = 1000;
/// The longest pause between two tries, in milliseconds.
const LONGEST_RETRY_MS: u64 = 60_000;

/// Longest name of a host, in bytes: that of DNS.
const MAX_HOST_BYTES: usize = 253;

/// Most backups and restores at the same time: they share one budget of memory, and each takes a blocking thread.
const MAX_BACKUP_OPERATIONS: usize = 32;

/// Most digits of the key of a transfer, as the table of options has it.
const MAX_TRANSFER_DIGITS: usize = 255;

/// What the service's own sections say.
pub(super) struct Service {
    /// Of admission and placement.
    pub(super) operations: Settings,
    /// `storage_availability_zone`.
    pub(super) zone: String,
    /// `report_interval`.
    pub(super) report_interval: Duration,
    /// `backend_stats_polling_interval`.
    pub(super) report_every: Duration,
    /// How backups are kept.
    pub(super) backup: BackupRole,
    /// `public_endpoint`.
    pub(super) public_endpoint: Option<String>,
    /// `[oslo_middleware] enable_proxy_headers_parsing`.
    pub(super) is_proxy_believed: bool,
    /// `host`, when a file sets it.
    pub(super) host: Option<String>,
    /// `osapi_max_limit`.
    pub(super) max_page_items: usize,
    /// `project_requests_per_minute` and `project_request_burst`.
    pub(super) requests_per_minute: u32,
    pub(super) request_burst: u32,
    /// `[keystone_authtoken] service_token_roles` and `service_token_roles_required`.
    pub(super) service_tokens: ServiceTokens,
    /// Nova, when `[nova]` says how to reach it.
    pub(super) compute: Option<Arc<dyn Compute>>,
    /// `resource_query_filters_file`.
    pub(super) resource_filters_file: Option<NamedFile>,
    /// `[oslo_policy] policy_file`.
    pub(super) policy_file: Option<NamedFile>,
}

/// A file that the configuration names.
#[derive(Clone)]
pub(super) struct NamedFile {
    /// Its name, possibly relative.
    pub(super) name: String,
    /// Whether somebody wrote the name, rather than its being the default.
    pub(super) is_set: bool,
}

/// Reads them.
pub(super) fn read(config: &Config) -> Result<Service, Failure> {
    read_options(config).map_err(|error| error.to_string())?
}

fn read_options(config: &Config) -> Result<Result<Service, Failure>, OptionError> {
    let default = config.default_section();
    let zone = default.text("storage_availability_zone")?;
    let placement = match policy(&default)? {
        Ok(policy) => Arc::new(policy),
        Err(failure) => return Ok(Err(failure)),
    };
    let operations = Settings {
        default_zone: default.nonempty("default_availability_zone")?.unwrap_or_else(|| zone.clone()),
        zone_fallback: default.bool("allow_availability_zone_fallback")?,
        cloned_volume_same_zone: default.bool("cloned_volume_same_az")?,
        default_volume_type: default
            .nonempty("default_volume_type")?
            .unwrap_or_else(|| model::volume_type::DEFAULT_TYPE_NAME.to_owned()),
        default_group_type: default.nonempty("default_group_type")?,
        quota_defaults: quotas(&default)?,
        use_default_quota_class: default.bool("use_default_quota_class")?,
        per_volume_gib: default.int("per_volume_size_limit")?,
        no_snapshot_gib: default.bool("no_snapshot_gb_quota")?,
        service_down_time_s: default.int_in("service_down_time", 1..=i64::from(u32::MAX))?,
        extend_completion_timeout_s: default.int_in("extend_completion_timeout", 1..=i64::from(u32::MAX))?,
        force_upload: default.bool("enable_force_upload")?,
        message_ttl_s: default.int_in("message_ttl", 1..=i64::from(u32::MAX))?,
        transfer: transfer_digits(&default)?,
        placement,
        few_pools: operations::FEW_POOLS,
        announces: false,
        audits: false,
        first_retry_ms: FIRST_RETRY_MS,
        longest_retry_ms: LONGEST_RETRY_MS,
    };
    Ok(Ok(Service {
        operations,
        zone,
        report_interval: seconds(&default, "report_interval")?,
        report_every: seconds(&default, "backend_stats_polling_interval")?,
        backup: BackupRole {
            concurrency: backup_operations(&default)?,
            look_every: seconds(&default, "backup_driver_stats_polling_interval")?,
        },
        public_endpoint: default.nonempty("public_endpoint")?,
        is_proxy_believed: is_proxy_believed(config)?,
        host: if default.sets("host") { default.nonempty("host")? } else { None },
        max_page_items: usize::try_from(default.int_in("osapi_max_limit", 1..=i64::from(u32::MAX))?)
            .unwrap_or(1),
        requests_per_minute: count(&default, "project_requests_per_minute", 0)?,
        request_burst: count(&default, "project_request_burst", 1)?,
        service_tokens: keystone::service_tokens(config)?,
        compute: match compute(config) {
            Ok(compute) => compute,
            Err(failure) => return Ok(Err(failure)),
        },
        resource_filters_file: file(&default, "resource_query_filters_file")?,
        policy_file: file(&config.section("oslo_policy"), "policy_file")?,
    }))
}

/// Whether what a proxy says of clients is believed.
pub(super) fn is_proxy_believed(config: &Config) -> Result<bool, OptionError> {
    config.section("oslo_middleware").bool("enable_proxy_headers_parsing")
}

/// Nova, when `[nova]` says how to reach it.
fn compute(config: &Config) -> Result<Option<Arc<dyn Compute>>, Failure> {
    let service_user = backends::keystone::service_user(&config.section("service_user"));
    let service_user = service_user.map_err(|error| format!("[service_user]: {error}"))?;
    let nova = Nova::from_section(&config.section("nova"), service_user);
    let nova = nova.map_err(|error| format!("[nova]: {error}"))?;
    Ok(nova.map(|nova| Arc::new(nova) as _))
}

/// The name of a host stands before `@backend#pool` in the names of pools, and in queues.
///
/// # Errors
/// It cannot be told apart from what follows it there, or from a second host.
pub(super) fn check_host(host: &str) -> Result<(), Failure> {
    let fits = host.len() <= MAX_HOST_BYTES && host.bytes().all(|byte| byte.is_ascii_graphic());
    match fits && !host.contains(['@', '#', '/', ':']) {
        true => Ok(()),
        false => Err(format!(
            "host: {host:?} is not a name of at most {MAX_HOST_BYTES} visible ASCII characters without @, #, / and :"
        )),
    }
}

/// `backup_max_operations`, of which 0 means as many as there are.
fn backup_operations(default: &Section<'_>) -> Result<usize, OptionError> {
    let most =
        usize::try_from(default.int_in("backup_max_operations", 0..=i64::from(u32::MAX))?).unwrap_or(0);
    Ok(if most == 0 { MAX_BACKUP_OPERATIONS } else { most.min(MAX_BACKUP_OPERATIONS) })
}

pub(super) fn file(section: &Section<'_>, key: &str) -> Result<Option<NamedFile>, OptionError> {
    let name = section.nonempty(key)?;
    Ok(name.map(|name| NamedFile { name, is_set: section.sets(key) }))
}

fn transfer_digits(default: &Section<'_>) -> Result<TransferDigits, OptionError> {
    let digits = |number| usize::try_from(number).unwrap_or(MAX_TRANSFER_DIGITS);
    Ok(TransferDigits {
        key: digits(default.int("volume_transfer_key_length")?),
        salt: digits(default.int("volume_transfer_salt_length")?),
    })
}

fn count(section: &Section<'_>, key: &str, least: i64) -> Result<u32, OptionError> {
    Ok(u32::try_from(section.int_in(key, least..=i64::from(u32::MAX))?).unwrap_or(u32::MAX))
}

fn seconds(section: &Section<'_>, key: &str) -> Result<Duration, OptionError> {
    let seconds = section.int_in(key, 1..=i64::from(u32::MAX))?;
    Ok(Duration::from_secs(u64::try_from(seconds).unwrap_or(1)))
}

/// Limits by their names.
fn quotas(default: &Section<'_>) -> Result<BTreeMap<String, i64>, OptionError> {
    let limits = [
        ("volumes", default.int("quota_volumes")?),
        ("snapshots", default.int("quota_snapshots")?),
        ("gigabytes", default.int("quota_gigabytes")?),
        ("backups", default.int("quota_backups")?),
        ("backup_gigabytes", default.int("quota_backup_gigabytes")?),
        ("groups", default.int("quota_groups")?),
    ];
    Ok(limits.map(|(name, limit)| (name.to_owned(), limit)).into())
}

fn policy(default: &Section<'_>) -> Result<Result<Policy, Failure>, OptionError> {
    let filters = default.list("scheduler_default_filters")?.join(",");
    let weighers = default.list("scheduler_default_weighers")?.join(",");
    let handler = default.text("scheduler_weight_handler")?;
    let options = PolicyOptions {
        scheduler_default_filters: &filters,
        scheduler_default_weighers: &weighers,
        scheduler_weight_handler: &handler,
        scheduler_max_attempts: default.int("scheduler_max_attempts")?,
        capacity_weight_multiplier: default.float("capacity_weight_multiplier")?,
        allocated_capacity_weight_multiplier: default.float("allocated_capacity_weight_multiplier")?,
        volume_number_multiplier: default.float("volume_number_multiplier")?,
    };
    Ok(Policy::from_options(&options).map_err(|error| error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_can_be_told_apart_from_its_backends() {
        for fine in ["vm", "node-1.example.org", "a_b"] {
            assert!(check_host(fine).is_ok(), "{fine}");
        }
        for wrong in ["we@ird", "a#b", "a b", "a/b", "h\u{f6}st", "a\nb", "fe80::1"] {
            assert!(check_host(wrong).is_err(), "{wrong}");
        }
        assert!(check_host(&"a".repeat(MAX_HOST_BYTES + 1)).is_err());
    }
}
