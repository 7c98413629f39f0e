//! What a user of the released binary is promised, one file for each promise. All of it is one test binary, so that
//! linking is paid for once.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "these are tests, from outside the product's rooms"
)]

mod backup_memory;
mod backups_without_service;
mod barbican;
mod castellan;
mod ceph_images;
mod cinder_cli;
mod cli;
mod files_on_disk;
mod first_start;
mod flaky_backend;
mod hanging_store;
mod healthcheck_metrics;
mod hostile;
mod hostile_images;
mod hundred_at_once;
mod identity;
mod image_store;
mod keystone;
mod kill9;
mod long_moves;
mod machine_disk;
mod microversions;
mod monitoring;
mod multi_backend;
mod openstack_quota;
mod openstack_service;
mod openstack_snapshot;
mod openstack_type;
mod openstack_volume;
mod ops_cli;
mod other_host;
mod other_machine;
mod policies;
mod proxy;
mod rabbitmq;
mod sdk;
mod service_manager;
mod shared_database;
mod template_guest;
mod templates;
mod traces;
