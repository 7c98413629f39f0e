//! Reading what several drivers' sections have in common.

use config::{OptionError, Section, Shown, Why};
use ports::volume::Provisioning;

/// The option `key`, which must say something.
pub(super) fn required(section: &Section<'_>, key: &str) -> Result<String, OptionError> {
    section.nonempty(key)?.ok_or_else(|| OptionError {
        section: section.name().into(),
        key: key.into(),
        place: section.place_of(key),
        value: Shown::Nothing,
        why: Why::Unset,
    })
}

/// What a pool is called when its backend has only one: like the backend itself.
pub(super) fn only_pool(section: &Section<'_>) -> Result<String, OptionError> {
    Ok(section.nonempty("volume_backend_name")?.unwrap_or_else(|| section.name().to_owned()))
}

/// `nas_volume_prov_type`, the option of all drivers that keep files.
pub(super) fn provisioning(section: &Section<'_>) -> Result<Provisioning, OptionError> {
    let is_thick = section.text("nas_volume_prov_type")? == "thick";
    Ok(if is_thick { Provisioning::Thick } else { Provisioning::Thin })
}

/// A whole number that is not negative.
pub(super) fn natural(section: &Section<'_>, key: &str) -> Result<Option<u64>, OptionError> {
    let Some(number) = section.get::<i64>(key)? else { return Ok(None) };
    u64::try_from(number).map(Some).map_err(|_| OptionError {
        section: section.name().into(),
        key: key.into(),
        place: section.place_of(key),
        value: Shown::Text(number.to_string().into()),
        why: Why::OutOfRange { min: Some(0), max: None },
    })
}
