//! Checks of values that no other rule can express. Some refuse in words of their own.

use std::str::FromStr;

use model::limits::MAX_NAME_CHARS;
use model::status::RESETTABLE;
use model::{GroupSnapshotStatus, GroupStatus, MigrationStatus, SnapshotStatus, VolumeId, VolumeStatus};
use serde_json::Value;

use super::python::repr;
use crate::Fault;
use crate::fault::echo;

/// A named check. `Ok(false)` is told as `'x' is not a '{name}'`, a fault as it is.
#[derive(Clone, Copy)]
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) check: fn(&Value) -> Result<bool, Fault>,
}

impl Format {
    /// 32 hexadecimal digits, however hyphenated.
    pub(crate) const UUID: Self =
        Self { name: "uuid", check: |value| Ok(value.as_str().and_then(parse_uuid::<VolumeId>).is_some()) };

    /// A name that is not all blanks.
    pub(crate) const NAME: Self = Self {
        name: "name",
        check: |value| match value.as_str() {
            Some(name) if name.trim().is_empty() => {
                Err(Fault::bad_request("An invalid 'name' value was provided. The 'name' can not be empty."))
            }
            _ => Ok(true),
        },
    };

    /// A name that says something, and not too much, once trimmed.
    pub(crate) const SPACED_NAME: Self = Self {
        name: "name_skip_leading_trailing_spaces",
        check: |value| {
            let name = value.as_str().unwrap_or_default();
            let why = match name.trim().chars().count() {
                0 if name.is_empty() => "The 'name' can not be None.",
                0 => "The 'name' can not be empty.",
                count if count > MAX_NAME_CHARS => "The 'name' can not be greater than 255 characters.",
                _ => return Ok(true),
            };
            Err(Fault::bad_request(format!("An invalid 'name' value was provided. {why}")))
        },
    };

    /// A number of bits, or nothing.
    pub(crate) const KEY_SIZE: Self = Self {
        name: "key_size",
        check: |value| match value.as_str() {
            Some(text) if text.parse::<u64>().map_or(true, |bits| bits.to_string() != text) => {
                Err(Fault::invalid_input("key_size must be an integer."))
            }
            _ => Ok(true),
        },
    };

    /// A name that is short enough once trimmed.
    pub(crate) const TRIMMED_NAME: Self =
        Self { name: "name_non_mandatory_remove_white_spaces", check: |value| short("name", value) };

    /// A description that is short enough once trimmed.
    pub(crate) const TRIMMED_DESCRIPTION: Self = Self {
        name: "description_non_mandatory_remove_white_spaces",
        check: |value| short("description", value),
    };

    /// Why a service is disabled: nothing, or something that is short enough once trimmed.
    pub(crate) const DISABLED_REASON: Self = Self {
        name: "disabled_reason",
        check: |value| Ok(value.as_str().is_none_or(|reason| reason.is_empty() || says_something(reason))),
    };

    /// Text of at most 65535 bytes.
    pub(crate) const TEXT_COLUMN: Self = Self {
        name: "mysql_text",
        check: |value| Ok(value.as_str().is_none_or(|text| text.len() <= MAX_TEXT_COLUMN_BYTES)),
    };

    /// `42%`, or nothing.
    pub(crate) const PROGRESS: Self = Self { name: "progress", check: check_progress };

    /// A body that resets at least one status.
    pub(crate) const RESETS_SOMETHING: Self =
        Self { name: "validate_volume_reset_body", check: check_resets_something };

    /// A status to which a volume can be reset.
    pub(crate) const VOLUME_STATUS: Self = Self {
        name: "volume_status",
        check: |value| {
            optional_word("Volume status", value, &words(RESETTABLE, VolumeStatus::as_str), PARENTHESES)
        },
    };

    /// An attach status to which a volume can be reset.
    pub(crate) const ATTACH_STATUS: Self = Self {
        name: "volume_attach_status",
        check: |value| optional_word("Volume attach status", value, &["attached", "detached"], BRACKETS),
    };

    /// A migration status to which a volume can be reset.
    pub(crate) const MIGRATION_STATUS: Self = Self {
        name: "volume_migration_status",
        check: |value| {
            let listed = words(MIGRATION_STATUSES, MigrationStatus::as_str);
            optional_word("Volume migration status", value, &listed, PARENTHESES)
        },
    };

    /// Text that base64 can be.
    pub(crate) const BASE64: Self =
        Self { name: "base64", check: |value| Ok(value.as_str().is_none_or(is_base64)) };

    /// A status to which a backup can be reset.
    pub(crate) const BACKUP_STATUS: Self = Self {
        name: "backup_status",
        check: |value| word("Backup status", value, &["available", "error"], BRACKETS),
    };

    /// A status to which a snapshot can be reset.
    pub(crate) const SNAPSHOT_STATUS: Self = Self {
        name: "snapshot_status",
        check: |value| {
            word("Snapshot status", value, &words(SNAPSHOT_STATUSES, SnapshotStatus::as_str), PARENTHESES)
        },
    };
}

/// Whether a text is base64 as Python reads it: what is not of its alphabet counts for nothing, the padding does.
fn is_base64(text: &str) -> bool {
    let of_it = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '=');
    let digits: String = text.chars().filter(of_it).collect();
    let bare = digits.trim_end_matches('=');
    let padding = digits.len() - bare.len();
    !bare.contains('=') && bare.len() % 4 != 1 && padding >= (4 - bare.len() % 4) % 4
}

impl Format {
    /// The name or identifier of a group type.
    pub(crate) const GROUP_TYPE: Self =
        Self { name: "group_type", check: |value| Ok(value.as_str().is_none_or(says_something)) };

    /// A zone, or null.
    pub(crate) const AVAILABILITY_ZONE: Self = Self {
        name: "availability_zone",
        check: |value| if value.is_null() { Ok(true) } else { named("availability_zone", value) },
    };

    /// A group is made from one source.
    pub(crate) const ONE_GROUP_SOURCE: Self = Self { name: "source", check: check_one_group_source };

    /// A status to which a group can be reset. It cannot be `in-use`, which the refusal lists all the same.
    pub(crate) const GROUP_STATUS: Self = Self {
        name: "group_status",
        check: |value| {
            let listed = words(GroupStatus::ALL, GroupStatus::as_str);
            let told = "Invalid Group Status: Group status";
            let found = reset_word("Group", value)?;
            let allowed = found.parse::<GroupStatus>().is_ok_and(|status| status != GroupStatus::InUse);
            if allowed { Ok(true) } else { refuse_word(told, value, "status are", &listed) }
        },
    };

    /// A status to which a snapshot of a group can be reset.
    pub(crate) const GROUP_SNAPSHOT_STATUS: Self = Self {
        name: "group_snapshot_status",
        check: |value| {
            let listed = words(GroupSnapshotStatus::ALL, GroupSnapshotStatus::as_str);
            let told = "Invalid GroupSnapshot Status: Group snapshot status";
            let found = reset_word("GroupSnapshot", value)?;
            let allowed = found.parse::<GroupSnapshotStatus>().is_ok();
            if allowed { Ok(true) } else { refuse_word(told, value, "statuses are", &listed) }
        },
    };
}

/// The word that is asked for, in lower case; blanks alone are none.
fn reset_word(of: &str, value: &Value) -> Result<String, Fault> {
    let word = value.as_str().unwrap_or_default();
    if word.trim().is_empty() {
        return Err(Fault::bad_request(format!("Invalid {of} Status: The 'status' can not be empty.")));
    }
    Ok(word.to_lowercase())
}

fn refuse_word(told: &str, value: &Value, are: &str, listed: &[&str]) -> Result<bool, Fault> {
    let listed: Vec<String> = listed.iter().map(|word| format!("'{word}'")).collect();
    let (found, listed) = (echo(value.as_str().unwrap_or_default()), listed.join(", "));
    Err(Fault::bad_request(format!("{told}: {found} is invalid, valid {are}: ({listed}).")))
}

/// Whether a text is neither blank nor too long once trimmed.
fn says_something(text: &str) -> bool {
    (1..=MAX_NAME_CHARS).contains(&text.trim().chars().count())
}

/// A text that must be there, and is neither blank nor too long.
fn named(what: &str, value: &Value) -> Result<bool, Fault> {
    let text = value.as_str().unwrap_or_default();
    if text.is_empty() {
        return Err(Fault::bad_request(format!("The '{what}' can not be None.")));
    }
    if text.trim().is_empty() {
        return Err(Fault::invalid_input(format!("{what} has 0 characters, less than 1.")));
    }
    short(what, value)
}

fn check_one_group_source(value: &Value) -> Result<bool, Fault> {
    let has = |key| value.get(key).is_some_and(|id| !id.is_null());
    let shown = repr(value);
    let wrong = match (has("group_snapshot_id"), has("source_group_id")) {
        (true, false) | (false, true) => return Ok(true),
        (false, false) => "not valid under any of the given schemas",
        (true, true) => {
            "valid under each of {'required': ['source_group_id']}, {'required': ['group_snapshot_id']}"
        }
    };
    Err(Fault::bad_request(format!(
        "Invalid input for field/attribute create-from-src. Value: {shown}. {shown} is {wrong}"
    )))
}

/// Largest value of a text column, in bytes.
const MAX_TEXT_COLUMN_BYTES: usize = 65_535;

/// The migration statuses in the order in which the refusal lists them.
const MIGRATION_STATUSES: &[MigrationStatus] = {
    use MigrationStatus::{Completing, Error, Migrating, None, Starting, Success};
    &[Migrating, Error, Success, Completing, None, Starting]
};

/// The snapshot statuses in the order in which the refusal lists them.
const SNAPSHOT_STATUSES: &[SnapshotStatus] = {
    use SnapshotStatus::{
        Available, BackingUp, Creating, Deleted, Deleting, Error, ErrorDeleting, Restoring, Unmanaging,
        Updating,
    };
    &[
        Error,
        Available,
        Creating,
        Deleting,
        Deleted,
        Updating,
        ErrorDeleting,
        Unmanaging,
        BackingUp,
        Restoring,
    ]
};

/// How Python shows a tuple, and how a list.
const PARENTHESES: [char; 2] = ['(', ')'];
const BRACKETS: [char; 2] = ['[', ']'];

fn words<T: Copy>(values: &[T], word: fn(T) -> &'static str) -> Vec<&'static str> {
    values.iter().map(|value| word(*value)).collect()
}

/// As [`word`], but nothing at all passes.
fn optional_word(subject: &str, value: &Value, listed: &[&str], around: [char; 2]) -> Result<bool, Fault> {
    match value.as_str() {
        None | Some("") => Ok(true),
        Some(_) => word(subject, value, listed, around),
    }
}

/// Whether the string is one of `listed`, in any case.
fn word(subject: &str, value: &Value, listed: &[&str], around: [char; 2]) -> Result<bool, Fault> {
    let found = value.as_str().unwrap_or_default();
    let lower = found.to_lowercase();
    if listed.contains(&lower.as_str()) {
        return Ok(true);
    }
    let [open, close] = around;
    let listed: Vec<String> = listed.iter().map(|word| format!("'{word}'")).collect();
    Err(Fault::bad_request(format!(
        "{subject}: {} is invalid, valid statuses are: {open}{}{close}.",
        echo(found),
        listed.join(", ")
    )))
}

fn short(what: &str, value: &Value) -> Result<bool, Fault> {
    let count = value.as_str().unwrap_or_default().trim().chars().count();
    if count > MAX_NAME_CHARS {
        return Err(Fault::invalid_input(format!(
            "{what} has {count} characters, more than {MAX_NAME_CHARS}."
        )));
    }
    Ok(true)
}

fn check_progress(value: &Value) -> Result<bool, Fault> {
    let text = match value {
        Value::String(text) => text.as_str(),
        other if is_falsy(other) => "",
        _ => "not text",
    };
    if text.is_empty() || parse_progress(text).is_some() {
        return Ok(true);
    }
    let mut characters = text.chars();
    characters.next_back();
    let number: Result<i128, _> = characters.as_str().trim().parse();
    Err(Fault::invalid_input(match number {
        Ok(_) => "progress must be an integer percentage between 0 and 100",
        Err(_) => "progress must be an integer percentage",
    }))
}

/// `42%`: a number from 0 to 100 and the sign.
pub(crate) fn parse_progress(text: &str) -> Option<u8> {
    text.strip_suffix('%')?.trim().parse().ok().filter(|percent| *percent <= 100)
}

fn check_resets_something(value: &Value) -> Result<bool, Fault> {
    let Some(body) = value.as_object() else { return Ok(true) };
    let set = |key| body.get(key).is_some_and(|status| !is_falsy(status));
    if set("status") || set("attach_status") || set("migration_status") {
        return Ok(true);
    }
    Err(Fault::bad_request("Must specify 'status', 'attach_status' or 'migration_status' for update."))
}

/// What Python counts as false: nothing, zero, and whatever is empty.
fn is_falsy(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(pairs) => pairs.is_empty(),
    }
}

/// An identifier in any of the spellings that the service takes: with or without hyphens, braces, `urn:uuid:`,
/// in either case.
pub(crate) fn parse_uuid<T: FromStr>(text: &str) -> Option<T> {
    let bare = text.replace("urn:", "").replace("uuid:", "");
    let digits: String = bare.trim_matches(['{', '}']).chars().filter(|c| *c != '-').collect();
    let hexadecimal = digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if hexadecimal { digits.parse().ok() } else { None }
}
