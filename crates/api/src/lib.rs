//! HTTP: the Identity and Block Storage APIs as tables of routes, one handler per file.
//!
//! A handler gets a [`volume_v3::Call`] (who asks, which revision, which resource, the body's bytes) and returns a
//! [`http::Reply`] or a [`wire::Fault`]. It parses with `wire`, asks `operations` or reads `store`, and shows with
//! `wire` again; it knows no driver and writes no SQL.

pub mod http;
pub mod identity_v3;
pub mod image_v2;
pub mod key_manager;
pub mod log_levels;
pub mod observe;
pub mod tokens;
pub mod volume_v3;

mod audit;
