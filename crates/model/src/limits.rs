//! The limits that bound every input.

/// Largest volume that can be named, in GiB (the API's 32-bit signed limit).
pub const MAX_SIZE_GIB: u64 = 2_147_483_647;
/// Longest name, description, metadata key or value, in characters.
pub const MAX_NAME_CHARS: usize = 255;
/// Most pairs in one resource's metadata.
pub const MAX_METADATA_PAIRS: usize = 512;
/// Largest request body that is not a data upload, in bytes (Cinder's `osapi_max_request_body_size`).
pub const MAX_BODY_BYTES: usize = 114_688;
/// Deepest nesting of arrays and objects in a request body.
pub const MAX_JSON_DEPTH: usize = 64;
/// Default and largest number of items on one page of a list (Cinder's `osapi_max_limit`).
pub const MAX_PAGE_ITEMS: usize = 1000;
/// How long a user message is kept when nothing says otherwise, in seconds (`message_ttl`: 30 days).
pub const MESSAGE_TTL_SECONDS: i64 = 2_592_000;
