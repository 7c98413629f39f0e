//! Schemas that several requests share.

use model::limits::MAX_SIZE_GIB;

use super::format::Format;
use super::pattern::Pattern;
use super::schema::Kind::{Boolean, Integer, Null, Object, String};
use super::schema::Literal::{Bool, Word};
use super::schema::{Rule, Schema};

/// Largest integer of the database, and so the largest size and the largest quota.
#[allow(clippy::cast_possible_wrap, reason = "it is 2^31 - 1")]
pub(crate) const MAX_INTEGER: i64 = MAX_SIZE_GIB as i64;

/// Anything.
pub(crate) const ANYTHING: Schema = Schema(&[]);

/// An identifier.
pub(crate) const UUID: Schema = Schema(&[Rule::Type(&[String]), Rule::Format(Format::UUID)]);

/// An identifier or null.
pub(crate) const OPTIONAL_UUID: Schema = Schema(&[Rule::Any(&[Schema(&[Rule::Type(&[Null])]), UUID])]);

/// A flag, as the words that the service lists.
pub(crate) const BOOLEAN: Schema = Schema(&[
    Rule::Type(&[Boolean, String]),
    Rule::OneOf(&[
        Bool(true),
        Word("True"),
        Word("TRUE"),
        Word("true"),
        Word("1"),
        Word("ON"),
        Word("On"),
        Word("on"),
        Word("YES"),
        Word("Yes"),
        Word("yes"),
        Word("y"),
        Word("t"),
        Bool(false),
        Word("False"),
        Word("FALSE"),
        Word("false"),
        Word("0"),
        Word("OFF"),
        Word("Off"),
        Word("off"),
        Word("NO"),
        Word("No"),
        Word("no"),
        Word("n"),
        Word("f"),
    ]),
]);

/// A flag or null.
pub(crate) const OPTIONAL_BOOLEAN: Schema = Schema(&[Rule::Any(&[Schema(&[Rule::Type(&[Null])]), BOOLEAN])]);

/// A name that must be there and say something.
pub(crate) const NAME: Schema =
    Schema(&[Rule::Type(&[String]), Rule::MinLength(1), Rule::MaxLength(255), Rule::Format(Format::NAME)]);

/// A name that may be null, but not empty.
pub(crate) const OPTIONAL_NAME: Schema =
    Schema(&[Rule::Type(&[String, Null]), Rule::MinLength(1), Rule::MaxLength(255)]);

/// A short text that may be empty or null.
pub(crate) const SHORT_TEXT: Schema = Schema(&[Rule::Type(&[String, Null]), Rule::MaxLength(255)]);

/// A short text that must say something.
pub(crate) const SOME_TEXT: Schema =
    Schema(&[Rule::Type(&[String]), Rule::MinLength(1), Rule::MaxLength(255)]);

/// A description of one line.
pub(crate) const DESCRIPTION: Schema =
    Schema(&[Rule::Type(&[String, Null]), Rule::MaxLength(255), Rule::Matches(Pattern::PRINTABLE)]);

/// A name of a volume, measured once trimmed.
pub(crate) const TRIMMED_NAME: Schema =
    Schema(&[Rule::Type(&[String, Null]), Rule::Format(Format::TRIMMED_NAME)]);

/// A description of a volume, measured once trimmed.
pub(crate) const TRIMMED_DESCRIPTION: Schema =
    Schema(&[Rule::Type(&[String, Null]), Rule::Format(Format::TRIMMED_DESCRIPTION)]);

/// A size in GiB, as a number or as digits.
pub(crate) const SIZE_GIB: Schema = Schema(&[
    Rule::Type(&[Integer, String]),
    Rule::Matches(Pattern::DIGITS),
    Rule::Minimum(1),
    Rule::Maximum(MAX_INTEGER),
]);

/// A size in GiB or null.
pub(crate) const OPTIONAL_SIZE_GIB: Schema = Schema(&[
    Rule::Type(&[Integer, String, Null]),
    Rule::Matches(Pattern::DIGITS),
    Rule::Minimum(1),
    Rule::Maximum(MAX_INTEGER),
]);

const PAIR_VALUE: Schema = Schema(&[Rule::Type(&[String]), Rule::MaxLength(255)]);
const OPTIONAL_PAIR_VALUE: Schema = Schema(&[Rule::Type(&[String, Null]), Rule::MaxLength(255)]);

/// Metadata.
pub(crate) const METADATA: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::METADATA_KEY, PAIR_VALUE),
    Rule::NoOthers,
]);

/// Metadata or null.
pub(crate) const OPTIONAL_METADATA: Schema = Schema(&[
    Rule::Type(&[Object, Null]),
    Rule::PatternProperties(Pattern::METADATA_KEY, PAIR_VALUE),
    Rule::NoOthers,
]);

/// One pair of metadata.
pub(crate) const METADATA_PAIR: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::METADATA_KEY, PAIR_VALUE),
    Rule::NoOthers,
    Rule::MinProperties(1),
    Rule::MaxProperties(1),
]);

/// Metadata of snapshots, whose keys may hold no slash.
pub(crate) const SNAPSHOT_METADATA: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::SNAPSHOT_METADATA_KEY, PAIR_VALUE),
    Rule::NoOthers,
]);

/// One pair of metadata of snapshots.
pub(crate) const SNAPSHOT_METADATA_PAIR: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::SNAPSHOT_METADATA_KEY, PAIR_VALUE),
    Rule::NoOthers,
    Rule::MinProperties(1),
    Rule::MaxProperties(1),
]);

/// Facts about an image.
pub(crate) const IMAGE_METADATA: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(
        Pattern::METADATA_KEY,
        Schema(&[Rule::Type(&[String]), Rule::Format(Format::TEXT_COLUMN)]),
    ),
    Rule::NoOthers,
]);

/// Extra specs in the body of a type.
pub(crate) const TYPE_EXTRA_SPECS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::METADATA_KEY, OPTIONAL_PAIR_VALUE),
    Rule::NoOthers,
]);

/// Extra specs on their own.
pub(crate) const EXTRA_SPECS: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::EXTRA_SPEC_KEY, OPTIONAL_PAIR_VALUE),
    Rule::NoOthers,
]);

/// One extra spec.
pub(crate) const EXTRA_SPEC: Schema = Schema(&[
    Rule::Type(&[Object]),
    Rule::PatternProperties(Pattern::EXTRA_SPEC_KEY, OPTIONAL_PAIR_VALUE),
    Rule::NoOthers,
    Rule::MinProperties(1),
    Rule::MaxProperties(1),
]);

/// A host of a service.
pub(crate) const HOST: Schema = Schema(&[
    Rule::Type(&[String, Null]),
    Rule::MinLength(1),
    Rule::MaxLength(255),
    Rule::Matches(Pattern::HOST),
]);
