//! `GET /volumes`, `/volumes/detail`, `/volumes/summary`, and what `DELETE /volumes/{id}` may add.

mod fields;

use model::Timestamp;
use model::words::UnknownWord;

use super::filters::{Raw, configured, tolerated};
use super::literal::Literal;
use super::page::{Page, SortKey, take_sort};
use super::small::with_count;
use super::{Asker, List, Pairs, Params};
use crate::fault::echo;
use crate::microversion::gate;
use crate::validate::boolean;
use crate::{Fault, Microversion};

pub use fields::{Comparison, VolumeField, VolumeFlag, VolumeSortKey, VolumeTime};

/// A condition on a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum VolumeFilter {
    /// The text is one of these; none stands for null.
    Is(VolumeField, Vec<Option<String>>),
    /// The text contains this.
    Contains(VolumeField, String),
    /// The size in GiB is one of these.
    Size(Vec<u64>),
    /// The flag is this.
    Flag(VolumeFlag, bool),
    /// The metadata have all of these pairs.
    Metadata(Pairs),
    /// The facts about its image have all of these pairs.
    ImageMetadata(Pairs),
    /// It lives in this pool, in some pool of this backend, or on some backend of this host, as the name goes.
    Host(String),
    /// At least one of the comparisons holds.
    Time(VolumeTime, Vec<(Comparison, Timestamp)>),
    /// Never: the filter names nothing that a volume has.
    Never,
}

/// A list of volumes.
pub type VolumeQuery = List<VolumeSortKey, VolumeFilter>;

/// The name of a sort key in queries, where a few fields go by other names than in the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct NamedKey(VolumeSortKey);

impl std::str::FromStr for NamedKey {
    type Err = UnknownWord;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        if name == "name" { Ok(Self(VolumeSortKey::Name)) } else { name.parse().map(Self) }
    }
}

impl SortKey for NamedKey {
    const LAST: [Self; 2] = [Self(VolumeSortKey::CreatedAt), Self(VolumeSortKey::Id)];
}

impl VolumeQuery {
    /// Reads the query of a list of volumes.
    ///
    /// # Errors
    /// 400 in the words of the service.
    pub fn parse(params: &Params, asker: &Asker<'_>) -> Result<Self, Fault> {
        let mut params = params.clone();
        let page = Page::take(&mut params, asker.max_limit)?;
        let sort = take_sort::<NamedKey>(&mut params)?;
        let with_count = with_count(&mut params, asker)?;
        let mut raw = admitted(params, asker)?;
        let all_tenants = take_all_tenants(&mut raw, asker)?;
        if !all_tenants {
            raw.retain(|(key, _)| key != "project_id");
        }
        let filters = raw.into_iter().filter_map(|filter| read(filter, asker.version).transpose());
        Ok(Self {
            filters: filters.collect::<Result<_, _>>()?,
            sort: sort.into_iter().map(|(key, direction)| (key.0, direction)).collect(),
            page,
            with_count,
            all_tenants,
        })
    }
}

/// The filters that take part in this revision, under the names of the database.
fn admitted(params: Params, asker: &Asker<'_>) -> Result<Vec<Raw>, Fault> {
    if asker.version.has(gate::CONFIGURED_FILTERS) {
        let mut filters = configured(params, "volume", asker)?;
        for (key, _) in &mut filters {
            if let Some(name) = renamed(key) {
                name.clone_into(key);
            }
        }
        return Ok(filters);
    }
    let since = |key: &str| match key {
        "glance_metadata" => Some(gate::GLANCE_METADATA_FILTER),
        "group_id" => Some(gate::GROUP_FILTER),
        "created_at" | "updated_at" => Some(gate::TIME_FILTERS),
        "use_quota" => Some(gate::CONSUMES_QUOTA),
        _ => None,
    };
    let known = asker.resource_filters.of("volume");
    let mut filters = tolerated(params, |key| known.iter().any(|name| name == key), asker);
    filters.retain(|(key, _)| since(key).is_none_or(|gate| asker.version.has(gate)));
    Ok(filters)
}

/// Names that the API and the database do not share.
pub(super) fn renamed(key: &str) -> Option<&'static str> {
    match key {
        "name~" => Some("display_name~"),
        "description~" => Some("display_description~"),
        "consumes_quota" => Some("use_quota"),
        _ => None,
    }
}

/// Takes `all_tenants`, which only counts for administrators.
fn take_all_tenants(filters: &mut Vec<Raw>, asker: &Asker<'_>) -> Result<bool, Fault> {
    let asked = filters.iter().position(|(key, _)| key == "all_tenants").map(|index| filters.remove(index).1);
    match asked {
        Some(word) if asker.is_admin => boolean::parameter("all_tenants", &word),
        _ => Ok(false),
    }
}

/// None for a filter that holds for every volume.
fn read((key, value): Raw, version: Microversion) -> Result<Option<VolumeFilter>, Fault> {
    let pairs = |value: &str| Literal::parse(value).and_then(Literal::into_pairs);
    let filter = match key.as_str() {
        "no_migration_targets" => return Ok(None),
        "name" | "display_name" => VolumeFilter::Is(VolumeField::Name, vec![Some(value)]),
        "metadata" => pairs(&value).map_or(VolumeFilter::Never, VolumeFilter::Metadata),
        "glance_metadata" => pairs(&value).map_or(VolumeFilter::Never, VolumeFilter::ImageMetadata),
        "host" => VolumeFilter::Host(value),
        "size" => sizes(&value),
        other => match (other.parse(), other.parse(), other.strip_suffix('~')) {
            (Ok(flag), _, _) => VolumeFilter::Flag(flag, read_flag(flag, &value, version)?),
            (_, Ok(time), _) => VolumeFilter::Time(time, comparisons(time, &value)?),
            (_, _, Some(field)) => part(field, value),
            _ => values(other, &value),
        },
    };
    Ok(Some(filter))
}

fn values(field: &str, value: &str) -> VolumeFilter {
    match (field.parse(), Literal::or_text(value).into_values()) {
        (Ok(field), Some(values)) => VolumeFilter::Is(field, values),
        _ => VolumeFilter::Never,
    }
}

fn part(field: &str, value: String) -> VolumeFilter {
    let part = match Literal::parse(&value) {
        Some(Literal::Text(text)) => text,
        _ => value,
    };
    field.parse().map_or(VolumeFilter::Never, |field| VolumeFilter::Contains(field, part))
}

fn sizes(value: &str) -> VolumeFilter {
    let values = Literal::or_text(value).into_values().unwrap_or_default();
    let sizes: Vec<u64> = values.into_iter().flatten().filter_map(|size| size.parse().ok()).collect();
    if sizes.is_empty() { VolumeFilter::Never } else { VolumeFilter::Size(sizes) }
}

/// Before 3.2 everything but the word false was true, and nothing at all was false.
fn read_flag(flag: VolumeFlag, value: &str, version: Microversion) -> Result<bool, Fault> {
    if flag == VolumeFlag::ConsumesQuota {
        return boolean::parameter(flag.as_str(), value);
    }
    if !version.has(gate::STRICT_BOOTABLE_FILTER) {
        return Ok(!matches!(value, "" | "False" | "false" | "FALSE"));
    }
    boolean::parse(value).ok_or_else(|| Fault::invalid_input(format!("'{flag} = {}'", echo(value))))
}

/// `gt:2026-01-01,lte:2026-02-01T00:00:00Z`. A comparison that comes again replaces the earlier one.
fn comparisons(field: VolumeTime, value: &str) -> Result<Vec<(Comparison, Timestamp)>, Fault> {
    let mut read: Vec<(Comparison, Timestamp)> = Vec::new();
    for unit in value.split(',') {
        let (operator, time) = unit.split_once(':').unwrap_or((unit, unit));
        let comparison: Comparison = operator
            .parse()
            .map_err(|_| Fault::bad_request(format!("Invalid {} operator", echo(operator))))?;
        let at = Timestamp::parse(time)
            .ok_or_else(|| Fault::bad_request(format!("Invalid {} value", echo(time))))?;
        read.retain(|(earlier, _)| *earlier != comparison);
        read.push((comparison, at));
    }
    debug_assert!(!read.is_empty(), "splitting yields at least one unit for {field}");
    Ok(read)
}

/// `GET /volumes/summary`: whether it is about every project.
///
/// # Errors
/// 400 for a word that is no truth value.
pub fn summary_of_all_tenants(params: &Params, asker: &Asker<'_>) -> Result<bool, Fault> {
    match params.get("all_tenants") {
        Some(word) if asker.is_admin => boolean::parameter("all_tenants", word),
        _ => Ok(false),
    }
}

/// `DELETE /volumes/{id}`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Delete {
    /// With its snapshots.
    pub cascade: bool,
    /// Whatever its status is.
    pub force: bool,
}

impl Delete {
    /// # Errors
    /// 400 for a word that is no truth value.
    pub fn parse(params: &Params, version: Microversion) -> Result<Self, Fault> {
        let flag = |key| params.get(key).map_or(Ok(false), |word| boolean::parameter(key, word));
        let cascade = flag("cascade")?;
        let force = version.has(gate::FORCE_DELETE) && flag("force")?;
        Ok(Self { cascade, force })
    }
}

#[cfg(test)]
mod tests;
