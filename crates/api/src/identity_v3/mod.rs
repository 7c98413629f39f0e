//! The embedded identity: Identity API v3, as much of it as clients of a cloud disk need.
