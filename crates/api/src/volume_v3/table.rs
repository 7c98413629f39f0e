//! Every route of the Block Storage API: the one place that says what is served.

use std::future::Future;
use std::pin::Pin;

use auth::policy::VolumeRule as Rule;
use wire::{Fault, Microversion};

use super::{
    Call, attachments, availability_zones, backup_actions, backup_policies, backups, capabilities,
    cgsnapshots, clusters, consistency_groups, default_types, extensions, extra_specs, group_snapshots,
    group_specs, group_types, groups, hosts, limits, manageable, messages, qos_specs, quota_classes,
    quota_sets, resource_filters, scheduler_stats, services, snapshot_actions, snapshot_metadata, snapshots,
    templates, transfers, type_access, types, versions, volume_actions, volume_metadata, volume_moves,
    volumes, workers,
};
use crate::http::Reply;

/// A handler's answer, some time.
pub type Answer = Pin<Box<dyn Future<Output = Result<Reply, Fault>> + Send>>;

/// One row.
pub struct Route {
    /// `GET`, …
    pub method: &'static str,
    /// Below `/v3` or `/v3/{project_id}`.
    pub path: &'static str,
    /// The key of the body, on paths that end in `/action`.
    pub action: Option<&'static str>,
    /// The first revision that has it.
    pub since: Microversion,
    /// The rule that is asked about the owner of what is touched; none where any token will do, or where the handler
    /// asks several.
    pub rule: Option<Rule>,
    /// What answers.
    pub handler: fn(Call) -> Answer,
}

/// A row: method, path, `since` as the minor of 3.x, rule, handler.
macro_rules! route {
    ($method:literal $path:literal, $since:literal, $rule:expr, $handler:path) => {
        Route {
            method: $method,
            path: $path,
            action: None,
            since: Microversion::v3($since),
            rule: $rule,
            handler: |call| Box::pin($handler(call)),
        }
    };
    (action $path:literal $action:literal, $since:literal, $rule:expr, $handler:path) => {
        Route {
            method: "POST",
            path: $path,
            action: Some($action),
            since: Microversion::v3($since),
            rule: $rule,
            handler: |call| Box::pin($handler(call)),
        }
    };
}

/// What `/v3` itself answers, without a project.
pub const HOME: Route = route!("GET" "", 0, None, versions::handle);

/// The rows.
pub const ROUTES: &[Route] = &[
    // Volumes.
    route!("GET" "/volumes", 0, Some(Rule::VolumeGetAll), volumes::list::index),
    route!("GET" "/volumes/detail", 0, Some(Rule::VolumeGetAll), volumes::list::detail),
    route!("GET" "/volumes/summary", 12, Some(Rule::VolumeGetAll), volumes::summary::handle),
    route!("POST" "/volumes", 0, None, volumes::create::handle),
    route!("GET" "/volumes/{volume_id}", 0, Some(Rule::VolumeGet), volumes::show::handle),
    route!("PUT" "/volumes/{volume_id}", 0, Some(Rule::VolumeUpdate), volumes::update::handle),
    route!("DELETE" "/volumes/{volume_id}", 0, Some(Rule::VolumeDelete), volumes::delete::handle),
    route!("GET" "/volumes/{volume_id}/encryption", 0, Some(Rule::VolumeEncryptionMetadata), volumes::encryption::index),
    route!("GET" "/volumes/{volume_id}/encryption/{key}", 0, Some(Rule::VolumeEncryptionMetadata), volumes::encryption::show),
    // Metadata of volumes.
    route!("GET" "/volumes/{volume_id}/metadata", 0, Some(Rule::VolumeGetVolumeMetadata), volume_metadata::index),
    route!("POST" "/volumes/{volume_id}/metadata", 0, Some(Rule::VolumeCreateVolumeMetadata), volume_metadata::create),
    route!("PUT" "/volumes/{volume_id}/metadata", 0, Some(Rule::VolumeUpdateVolumeMetadata), volume_metadata::replace),
    route!("GET" "/volumes/{volume_id}/metadata/{key}", 0, Some(Rule::VolumeGetVolumeMetadata), volume_metadata::show),
    route!("PUT" "/volumes/{volume_id}/metadata/{key}", 0, Some(Rule::VolumeUpdateVolumeMetadata), volume_metadata::set),
    route!("DELETE" "/volumes/{volume_id}/metadata/{key}", 0, Some(Rule::VolumeDeleteVolumeMetadata), volume_metadata::delete),
    // Actions on volumes.
    route!(action "/volumes/{volume_id}/action" "os-extend", 0, Some(Rule::VolumeExtend), volume_actions::extend),
    route!(action "/volumes/{volume_id}/action" "os-reset_status", 0, Some(Rule::VolumeAdminActionsResetStatus), volume_actions::reset_status),
    route!(action "/volumes/{volume_id}/action" "os-force_delete", 0, Some(Rule::VolumeAdminActionsForceDelete), volume_actions::force_delete),
    route!(action "/volumes/{volume_id}/action" "os-set_bootable", 0, Some(Rule::VolumeUpdate), volume_actions::set_bootable),
    route!(action "/volumes/{volume_id}/action" "os-update_readonly_flag", 0, Some(Rule::VolumeUpdateReadonlyFlag), volume_actions::update_readonly_flag),
    route!(action "/volumes/{volume_id}/action" "os-set_image_metadata", 0, Some(Rule::VolumeImageMetadataSet), volume_actions::set_image_metadata),
    route!(action "/volumes/{volume_id}/action" "os-show_image_metadata", 0, Some(Rule::VolumeGetVolumeMetadata), volume_actions::show_image_metadata),
    route!(action "/volumes/{volume_id}/action" "os-unset_image_metadata", 0, Some(Rule::VolumeImageMetadataRemove), volume_actions::unset_image_metadata),
    // Actions that move the bytes of volumes.
    route!(action "/volumes/{volume_id}/action" "os-retype", 0, Some(Rule::VolumeRetype), volume_moves::retype),
    route!(action "/volumes/{volume_id}/action" "os-migrate_volume", 0, Some(Rule::VolumeAdminActionsMigrateVolume), volume_moves::migrate),
    route!(action "/volumes/{volume_id}/action" "os-volume_upload_image", 0, Some(Rule::VolumeActionsUploadImage), volume_moves::upload),
    route!(action "/volumes/{volume_id}/action" "os-migrate_volume_completion", 0, Some(Rule::VolumeAdminActionsMigrateVolumeCompletion), volume_moves::migrate_completion),
    route!(action "/volumes/{volume_id}/action" "os-reimage", 68, Some(Rule::VolumeReimage), volume_moves::reimage),
    route!(action "/volumes/{volume_id}/action" "revert", 40, Some(Rule::VolumeRevertToSnapshot), volume_moves::revert),
    route!(action "/volumes/{volume_id}/action" "os-unmanage", 0, Some(Rule::VolumeUnmanage), volume_actions::unmanage),
    route!(action "/volumes/{volume_id}/action" "os-attach", 0, Some(Rule::VolumeActionsAttach), volume_actions::attach),
    route!(action "/volumes/{volume_id}/action" "os-detach", 0, Some(Rule::VolumeActionsDetach), volume_actions::detach),
    route!(action "/volumes/{volume_id}/action" "os-reserve", 0, Some(Rule::VolumeActionsReserve), volume_actions::reserve),
    route!(action "/volumes/{volume_id}/action" "os-unreserve", 0, Some(Rule::VolumeActionsUnreserve), volume_actions::unreserve),
    route!(action "/volumes/{volume_id}/action" "os-begin_detaching", 0, Some(Rule::VolumeActionsBeginDetaching), volume_actions::begin_detaching),
    route!(action "/volumes/{volume_id}/action" "os-roll_detaching", 0, Some(Rule::VolumeActionsRollDetaching), volume_actions::roll_detaching),
    route!(action "/volumes/{volume_id}/action" "os-initialize_connection", 0, Some(Rule::VolumeActionsInitializeConnection), volume_actions::initialize_connection),
    route!(action "/volumes/{volume_id}/action" "os-terminate_connection", 0, Some(Rule::VolumeActionsTerminateConnection), volume_actions::terminate_connection),
    route!(action "/volumes/{volume_id}/action" "os-force_detach", 0, Some(Rule::VolumeAdminActionsForceDetach), volume_actions::force_detach),
    route!(action "/volumes/{volume_id}/action" "os-extend_volume_completion", 0, Some(Rule::VolumeAdminActionsExtendVolumeCompletion), volume_actions::extend_volume_completion),
    // Attachments.
    route!("GET" "/attachments", 27, None, attachments::list::index),
    route!("GET" "/attachments/detail", 27, None, attachments::list::detail),
    route!("POST" "/attachments", 27, Some(Rule::VolumeAttachmentCreate), attachments::create::handle),
    route!("GET" "/attachments/{attachment_id}", 27, None, attachments::show::handle),
    route!("PUT" "/attachments/{attachment_id}", 27, Some(Rule::VolumeAttachmentUpdate), attachments::update::handle),
    route!("DELETE" "/attachments/{attachment_id}", 27, Some(Rule::VolumeAttachmentDelete), attachments::delete::handle),
    route!(action "/attachments/{attachment_id}/action" "os-complete", 44, Some(Rule::VolumeAttachmentComplete), attachments::complete::handle),
    // Snapshots.
    route!("GET" "/snapshots", 0, Some(Rule::VolumeGetAllSnapshots), snapshots::list::index),
    route!("GET" "/snapshots/detail", 0, Some(Rule::VolumeGetAllSnapshots), snapshots::list::detail),
    route!("POST" "/snapshots", 0, Some(Rule::VolumeCreateSnapshot), snapshots::create::handle),
    route!("GET" "/snapshots/{snapshot_id}", 0, Some(Rule::VolumeGetSnapshot), snapshots::show::handle),
    route!("PUT" "/snapshots/{snapshot_id}", 0, Some(Rule::VolumeUpdateSnapshot), snapshots::update::handle),
    route!("DELETE" "/snapshots/{snapshot_id}", 0, Some(Rule::VolumeDeleteSnapshot), snapshots::delete::handle),
    // Metadata of snapshots.
    route!("GET" "/snapshots/{snapshot_id}/metadata", 0, Some(Rule::VolumeGetSnapshotMetadata), snapshot_metadata::index),
    route!("POST" "/snapshots/{snapshot_id}/metadata", 0, Some(Rule::VolumeUpdateSnapshotMetadata), snapshot_metadata::create),
    route!("PUT" "/snapshots/{snapshot_id}/metadata", 0, Some(Rule::VolumeUpdateSnapshotMetadata), snapshot_metadata::replace),
    route!("GET" "/snapshots/{snapshot_id}/metadata/{key}", 0, Some(Rule::VolumeGetSnapshotMetadata), snapshot_metadata::show),
    route!("PUT" "/snapshots/{snapshot_id}/metadata/{key}", 0, Some(Rule::VolumeUpdateSnapshotMetadata), snapshot_metadata::set),
    route!("DELETE" "/snapshots/{snapshot_id}/metadata/{key}", 0, Some(Rule::VolumeDeleteSnapshotMetadata), snapshot_metadata::delete),
    // Actions on snapshots.
    route!(action "/snapshots/{snapshot_id}/action" "os-reset_status", 0, Some(Rule::SnapshotAdminActionsResetStatus), snapshot_actions::reset_status),
    route!(action "/snapshots/{snapshot_id}/action" "os-force_delete", 0, Some(Rule::SnapshotAdminActionsForceDelete), snapshot_actions::force_delete),
    route!(action "/snapshots/{snapshot_id}/action" "os-update_snapshot_status", 0, Some(Rule::SnapshotActionsUpdateSnapshotStatus), snapshot_actions::update_snapshot_status),
    // Policies of backups: an extension of this service.
    route!("GET" "/backup-policies", 0, Some(Rule::BackupGetAll), backup_policies::list),
    route!("POST" "/backup-policies", 0, Some(Rule::BackupCreate), backup_policies::make),
    route!("GET" "/backup-policies/{policy_id}", 0, Some(Rule::BackupGet), backup_policies::show),
    route!("PUT" "/backup-policies/{policy_id}", 0, Some(Rule::BackupUpdate), backup_policies::change),
    route!("DELETE" "/backup-policies/{policy_id}", 0, Some(Rule::BackupDelete), backup_policies::remove),
    route!("POST" "/backup-policies/{policy_id}/run", 0, Some(Rule::BackupCreate), backup_policies::run_now),
    route!("GET" "/backup-policies/{policy_id}/backups", 0, Some(Rule::BackupGetAll), backup_policies::backups),
    // An extension of this service: templates of desktops, and what stands on images.
    route!("POST" "/volumes/{volume_id}/flatten", 0, Some(Rule::VolumeExtend), templates::desktops::flatten),
    route!("GET" "/templates", 0, Some(Rule::VolumeGetAll), templates::list),
    route!("POST" "/templates", 0, Some(Rule::VolumeCreate), templates::create),
    route!("GET" "/templates/{template_id}", 0, Some(Rule::VolumeGet), templates::show),
    route!("DELETE" "/templates/{template_id}", 0, Some(Rule::VolumeDelete), templates::delete),
    route!("POST" "/templates/{template_id}/reset", 0, Some(Rule::VolumeRevertToSnapshot), templates::desktops::reset_disk),
    route!("POST" "/templates/{template_id}/roll-out", 0, Some(Rule::VolumeUpdate), templates::roll_out),
    route!("GET" "/templates/{template_id}/generations", 0, Some(Rule::VolumeGet), templates::generations::list),
    route!("POST" "/templates/{template_id}/generations", 0, Some(Rule::VolumeActionsUploadImage), templates::generations::create),
    route!("GET" "/templates/{template_id}/generations/{number}", 0, Some(Rule::VolumeGet), templates::generations::show),
    route!("DELETE" "/templates/{template_id}/generations/{number}", 0, Some(Rule::VolumeDelete), templates::generations::delete),
    route!("GET" "/templates/{template_id}/desktops", 0, Some(Rule::VolumeGet), templates::desktops::list),
    route!("POST" "/templates/{template_id}/desktops", 0, Some(Rule::VolumeCreate), templates::desktops::create),
    route!("POST" "/templates/{template_id}/desktops/{volume_id}/reset", 0, Some(Rule::VolumeRevertToSnapshot), templates::desktops::reset),
    route!("POST" "/templates/{template_id}/desktops/{volume_id}/start", 0, Some(Rule::VolumeRevertToSnapshot), templates::desktops::start),
    // Offers of volumes to other projects.
    route!("GET" "/volume-transfers", 0, Some(Rule::VolumeGetAllTransfers), transfers::list::index),
    route!("GET" "/volume-transfers/detail", 0, Some(Rule::VolumeGetAllTransfers), transfers::list::detail),
    route!("POST" "/volume-transfers", 0, Some(Rule::VolumeCreateTransfer), transfers::create::handle),
    route!("GET" "/volume-transfers/{transfer_id}", 0, Some(Rule::VolumeGetTransfer), transfers::show::handle),
    route!("DELETE" "/volume-transfers/{transfer_id}", 0, Some(Rule::VolumeDeleteTransfer), transfers::delete::handle),
    route!("POST" "/volume-transfers/{transfer_id}/accept", 0, Some(Rule::VolumeAcceptTransfer), transfers::accept::handle),
    // The same as it was in 3.0.
    route!("GET" "/os-volume-transfer", 0, Some(Rule::VolumeGetAllTransfers), transfers::list::index_of_old),
    route!("GET" "/os-volume-transfer/detail", 0, Some(Rule::VolumeGetAllTransfers), transfers::list::detail_of_old),
    route!("POST" "/os-volume-transfer", 0, Some(Rule::VolumeCreateTransfer), transfers::create::handle_old),
    route!("GET" "/os-volume-transfer/{transfer_id}", 0, Some(Rule::VolumeGetTransfer), transfers::show::handle),
    route!("DELETE" "/os-volume-transfer/{transfer_id}", 0, Some(Rule::VolumeDeleteTransfer), transfers::delete::handle),
    route!("POST" "/os-volume-transfer/{transfer_id}/accept", 0, Some(Rule::VolumeAcceptTransfer), transfers::accept::handle),
    route!(action "/snapshots/{snapshot_id}/action" "os-unmanage", 0, Some(Rule::SnapshotUnmanage), snapshot_actions::unmanage),
    // What lies on backends and could be taken over, under both of its names.
    route!("GET" "/manageable_volumes", 8, Some(Rule::VolumeListManageable), manageable::list::volumes),
    route!("GET" "/manageable_volumes/detail", 8, Some(Rule::VolumeListManageable), manageable::list::volumes_detail),
    route!("POST" "/manageable_volumes", 8, Some(Rule::VolumeManage), manageable::volume::manage),
    route!("GET" "/os-volume-manage", 0, Some(Rule::VolumeListManageable), manageable::list::volumes),
    route!("GET" "/os-volume-manage/detail", 0, Some(Rule::VolumeListManageable), manageable::list::volumes_detail),
    route!("POST" "/os-volume-manage", 0, Some(Rule::VolumeManage), manageable::volume::manage),
    route!("GET" "/manageable_snapshots", 8, Some(Rule::SnapshotListManageable), manageable::list::snapshots),
    route!("GET" "/manageable_snapshots/detail", 8, Some(Rule::SnapshotListManageable), manageable::list::snapshots_detail),
    route!("POST" "/manageable_snapshots", 8, Some(Rule::SnapshotManage), manageable::snapshot::manage),
    route!("GET" "/os-snapshot-manage", 0, Some(Rule::SnapshotListManageable), manageable::list::snapshots),
    route!("GET" "/os-snapshot-manage/detail", 0, Some(Rule::SnapshotListManageable), manageable::list::snapshots_detail),
    route!("POST" "/os-snapshot-manage", 0, Some(Rule::SnapshotManage), manageable::snapshot::manage),
    // Backups.
    route!("GET" "/backups", 0, Some(Rule::BackupGetAll), backups::list::index),
    route!("GET" "/backups/detail", 0, Some(Rule::BackupGetAll), backups::list::detail),
    route!("POST" "/backups", 0, Some(Rule::BackupCreate), backups::create::handle),
    route!("POST" "/backups/import_record", 0, Some(Rule::BackupImport), backups::record::import),
    route!("GET" "/backups/{backup_id}", 0, Some(Rule::BackupGet), backups::show::handle),
    route!("PUT" "/backups/{backup_id}", 9, Some(Rule::BackupUpdate), backups::update::handle),
    route!("DELETE" "/backups/{backup_id}", 0, Some(Rule::BackupDelete), backups::delete::handle),
    route!("POST" "/backups/{backup_id}/restore", 0, Some(Rule::BackupRestore), backups::restore::handle),
    route!("GET" "/backups/{backup_id}/export_record", 0, Some(Rule::BackupExport), backups::record::export),
    route!(action "/backups/{backup_id}/action" "os-reset_status", 0, Some(Rule::BackupAdminActionsResetStatus), backup_actions::reset_status),
    route!(action "/backups/{backup_id}/action" "os-force_delete", 0, Some(Rule::BackupAdminActionsForceDelete), backup_actions::force_delete),
    // Volume types.
    route!("GET" "/types", 0, Some(Rule::TypeGetAll), types::list::handle),
    route!("POST" "/types", 0, Some(Rule::TypeCreate), types::create::handle),
    route!("GET" "/types/{type_id}", 0, Some(Rule::TypeGet), types::show::handle),
    route!("PUT" "/types/{type_id}", 0, Some(Rule::TypeUpdate), types::update::handle),
    route!("DELETE" "/types/{type_id}", 0, Some(Rule::TypeDelete), types::delete::handle),
    route!("GET" "/types/{type_id}/extra_specs", 0, Some(Rule::TypesExtraSpecsIndex), extra_specs::list::handle),
    route!("POST" "/types/{type_id}/extra_specs", 0, Some(Rule::TypesExtraSpecsCreate), extra_specs::create::handle),
    route!("GET" "/types/{type_id}/extra_specs/{key}", 0, Some(Rule::TypesExtraSpecsShow), extra_specs::show::handle),
    route!("PUT" "/types/{type_id}/extra_specs/{key}", 0, Some(Rule::TypesExtraSpecsUpdate), extra_specs::update::handle),
    route!("DELETE" "/types/{type_id}/extra_specs/{key}", 0, Some(Rule::TypesExtraSpecsDelete), extra_specs::delete::handle),
    route!("GET" "/types/{type_id}/encryption", 0, Some(Rule::VolumeTypeEncryptionGet), types::encryption::index),
    route!("GET" "/types/{type_id}/encryption/{key}", 0, Some(Rule::VolumeTypeEncryptionGet), types::encryption::show),
    route!("POST" "/types/{type_id}/encryption", 0, Some(Rule::VolumeTypeEncryptionCreate), types::encryption::create),
    route!("PUT" "/types/{type_id}/encryption/{key}", 0, Some(Rule::VolumeTypeEncryptionUpdate), types::encryption::update),
    route!("DELETE" "/types/{type_id}/encryption/{key}", 0, Some(Rule::VolumeTypeEncryptionDelete), types::encryption::delete),
    route!("GET" "/types/{type_id}/os-volume-type-access", 0, Some(Rule::VolumeTypeAccessGetAllForType), type_access::list::handle),
    route!(action "/types/{type_id}/action" "addProjectAccess", 0, Some(Rule::VolumeTypeAccessAddProjectAccess), type_access::add::handle),
    route!(action "/types/{type_id}/action" "removeProjectAccess", 0, Some(Rule::VolumeTypeAccessRemoveProjectAccess), type_access::remove::handle),
    // QoS specs.
    route!("GET" "/qos-specs", 0, Some(Rule::QosSpecsManageGetAll), qos_specs::list::handle),
    route!("POST" "/qos-specs", 0, Some(Rule::QosSpecsManageCreate), qos_specs::create::handle),
    route!("GET" "/qos-specs/{qos_id}", 0, Some(Rule::QosSpecsManageGet), qos_specs::show::handle),
    route!("PUT" "/qos-specs/{qos_id}", 0, Some(Rule::QosSpecsManageUpdate), qos_specs::edit::set),
    route!("DELETE" "/qos-specs/{qos_id}", 0, Some(Rule::QosSpecsManageDelete), qos_specs::delete::handle),
    route!("PUT" "/qos-specs/{qos_id}/delete_keys", 0, Some(Rule::QosSpecsManageDelete), qos_specs::edit::unset),
    route!("GET" "/qos-specs/{qos_id}/associations", 0, Some(Rule::QosSpecsManageGetAll), qos_specs::associations::list),
    route!("GET" "/qos-specs/{qos_id}/associate", 0, Some(Rule::QosSpecsManageUpdate), qos_specs::associations::add),
    route!("GET" "/qos-specs/{qos_id}/disassociate", 0, Some(Rule::QosSpecsManageUpdate), qos_specs::associations::remove),
    route!("GET" "/qos-specs/{qos_id}/disassociate_all", 0, Some(Rule::QosSpecsManageUpdate), qos_specs::associations::remove_all),
    // Group types.
    route!("GET" "/group_types", 11, None, group_types::list::handle),
    route!("POST" "/group_types", 11, Some(Rule::GroupTypesCreate), group_types::create::handle),
    route!("GET" "/group_types/{group_type_id}", 11, None, group_types::show::handle),
    route!("PUT" "/group_types/{group_type_id}", 11, Some(Rule::GroupTypesUpdate), group_types::update::handle),
    route!("DELETE" "/group_types/{group_type_id}", 11, Some(Rule::GroupTypesDelete), group_types::delete::handle),
    route!("GET" "/group_types/{group_type_id}/group_specs", 11, Some(Rule::GroupTypesSpecsGetAll), group_specs::list::handle),
    route!("POST" "/group_types/{group_type_id}/group_specs", 11, Some(Rule::GroupTypesSpecsCreate), group_specs::create::handle),
    route!("GET" "/group_types/{group_type_id}/group_specs/{key}", 11, Some(Rule::GroupTypesSpecsGet), group_specs::show::handle),
    route!("PUT" "/group_types/{group_type_id}/group_specs/{key}", 11, Some(Rule::GroupTypesSpecsUpdate), group_specs::update::handle),
    route!("DELETE" "/group_types/{group_type_id}/group_specs/{key}", 11, Some(Rule::GroupTypesSpecsDelete), group_specs::delete::handle),
    // Groups.
    route!("GET" "/groups", 13, Some(Rule::GroupGetAll), groups::list::index),
    route!("GET" "/groups/detail", 13, Some(Rule::GroupGetAll), groups::list::detailed),
    route!("POST" "/groups", 13, Some(Rule::GroupCreate), groups::create::handle),
    route!("GET" "/groups/{group_id}", 13, Some(Rule::GroupGet), groups::show::handle),
    route!("PUT" "/groups/{group_id}", 13, Some(Rule::GroupUpdate), groups::update::handle),
    route!(action "/groups/action" "create-from-src", 14, Some(Rule::GroupCreate), groups::create_from_src::handle),
    route!(action "/groups/{group_id}/action" "delete", 13, Some(Rule::GroupDelete), groups::actions::delete),
    route!(action "/groups/{group_id}/action" "reset_status", 20, Some(Rule::GroupResetStatus), groups::actions::reset_status),
    route!(action "/groups/{group_id}/action" "enable_replication", 38, Some(Rule::GroupEnableReplication), groups::actions::enable_replication),
    route!(action "/groups/{group_id}/action" "disable_replication", 38, Some(Rule::GroupDisableReplication), groups::actions::disable_replication),
    route!(action "/groups/{group_id}/action" "failover_replication", 38, Some(Rule::GroupFailoverReplication), groups::actions::failover_replication),
    // As openstacksdk asks for it.
    route!(action "/groups/{group_id}/action" "modify_body_for_action", 38, Some(Rule::GroupFailoverReplication), groups::actions::failover_replication),
    route!(action "/groups/{group_id}/action" "list_replication_targets", 38, Some(Rule::GroupListReplicationTargets), groups::actions::list_replication_targets),
    // Snapshots of groups.
    route!("GET" "/group_snapshots", 14, Some(Rule::GroupGetAllGroupSnapshots), group_snapshots::list::index),
    route!("GET" "/group_snapshots/detail", 14, Some(Rule::GroupGetAllGroupSnapshots), group_snapshots::list::detailed),
    route!("POST" "/group_snapshots", 14, Some(Rule::GroupCreateGroupSnapshot), group_snapshots::create::handle),
    route!("GET" "/group_snapshots/{group_snapshot_id}", 14, Some(Rule::GroupGetGroupSnapshot), group_snapshots::show::handle),
    route!("DELETE" "/group_snapshots/{group_snapshot_id}", 14, Some(Rule::GroupDeleteGroupSnapshot), group_snapshots::delete::handle),
    route!(action "/group_snapshots/{group_snapshot_id}/action" "reset_status", 19, Some(Rule::GroupResetGroupSnapshotStatus), group_snapshots::reset_status::handle),
    // Groups and their snapshots under the names that consistency groups had.
    route!("GET" "/consistencygroups", 0, Some(Rule::GroupGetAll), consistency_groups::list::index),
    route!("GET" "/consistencygroups/detail", 0, Some(Rule::GroupGetAll), consistency_groups::list::detailed),
    route!("POST" "/consistencygroups", 0, Some(Rule::GroupCreate), consistency_groups::create::handle),
    route!("POST" "/consistencygroups/create_from_src", 0, Some(Rule::GroupCreate), consistency_groups::create_from_src::handle),
    route!("GET" "/consistencygroups/{group_id}", 0, Some(Rule::GroupGet), consistency_groups::show::handle),
    route!("PUT" "/consistencygroups/{group_id}", 0, Some(Rule::GroupUpdate), consistency_groups::update::handle),
    route!("PUT" "/consistencygroups/{group_id}/update", 0, Some(Rule::GroupUpdate), consistency_groups::update::handle),
    route!("POST" "/consistencygroups/{group_id}/delete", 0, Some(Rule::GroupDelete), consistency_groups::delete::handle),
    route!("GET" "/cgsnapshots", 0, Some(Rule::GroupGetAllGroupSnapshots), cgsnapshots::list::index),
    route!("GET" "/cgsnapshots/detail", 0, Some(Rule::GroupGetAllGroupSnapshots), cgsnapshots::list::detailed),
    route!("POST" "/cgsnapshots", 0, Some(Rule::GroupCreateGroupSnapshot), cgsnapshots::create::handle),
    route!("GET" "/cgsnapshots/{group_snapshot_id}", 0, Some(Rule::GroupGetGroupSnapshot), cgsnapshots::show::handle),
    route!("DELETE" "/cgsnapshots/{group_snapshot_id}", 0, Some(Rule::GroupDeleteGroupSnapshot), cgsnapshots::delete::handle),
    // Volume types that projects have by default.
    route!("GET" "/default-types", 62, Some(Rule::DefaultGetAll), default_types::list::handle),
    route!("GET" "/default-types/{target_project_id}", 62, Some(Rule::DefaultGet), default_types::show::handle),
    route!("PUT" "/default-types/{target_project_id}", 62, Some(Rule::DefaultSetOrUpdate), default_types::set::handle),
    route!("DELETE" "/default-types/{target_project_id}", 62, Some(Rule::DefaultUnset), default_types::unset::handle),
    // Services, hosts, zones, pools.
    route!("GET" "/os-services", 0, Some(Rule::ServicesIndex), services::list::handle),
    route!("PUT" "/os-services/enable", 0, Some(Rule::ServicesUpdate), services::switch::enable),
    route!("PUT" "/os-services/disable", 0, Some(Rule::ServicesUpdate), services::switch::disable),
    route!("PUT" "/os-services/disable-log-reason", 0, Some(Rule::ServicesUpdate), services::switch::disable_with_reason),
    route!("PUT" "/os-services/freeze", 0, Some(Rule::VolumeFreezeHost), services::freeze::freeze),
    route!("PUT" "/os-services/thaw", 0, Some(Rule::VolumeThawHost), services::freeze::thaw),
    route!("PUT" "/os-services/failover_host", 0, Some(Rule::VolumeFailoverHost), services::failover::handle),
    route!("PUT" "/os-services/failover", 26, Some(Rule::VolumeFailoverHost), services::failover::handle),
    route!("PUT" "/os-services/get-log", 32, Some(Rule::ServicesUpdate), services::log_levels::get),
    route!("PUT" "/os-services/set-log", 32, Some(Rule::ServicesUpdate), services::log_levels::set),
    route!("GET" "/clusters", 7, Some(Rule::ClustersGetAll), clusters::list::index),
    route!("GET" "/clusters/detail", 7, Some(Rule::ClustersGetAll), clusters::list::detail),
    route!("GET" "/clusters/{name}", 7, Some(Rule::ClustersGet), clusters::show::handle),
    route!("PUT" "/clusters/enable", 7, Some(Rule::ClustersUpdate), clusters::switch::enable),
    route!("PUT" "/clusters/disable", 7, Some(Rule::ClustersUpdate), clusters::switch::disable),
    route!("POST" "/workers/cleanup", 24, Some(Rule::WorkersCleanup), workers::cleanup),
    // As openstacksdk asks for it.
    route!("PUT" "/workers/cleanup", 24, Some(Rule::WorkersCleanup), workers::cleanup),
    route!("GET" "/os-hosts", 0, Some(Rule::Hosts), hosts::list::handle),
    route!("GET" "/os-hosts/{host}", 0, Some(Rule::Hosts), hosts::show::handle),
    route!("PUT" "/os-hosts/{host}", 0, Some(Rule::Hosts), hosts::update::handle),
    route!("GET" "/os-availability-zone", 0, None, availability_zones::handle),
    route!("GET" "/scheduler-stats/get_pools", 0, Some(Rule::SchedulerStatsGetPools), scheduler_stats::handle),
    route!("GET" "/capabilities/{host}", 0, Some(Rule::Capabilities), capabilities::handle),
    // Quotas and limits.
    route!("GET" "/os-quota-sets/{target_project_id}", 0, Some(Rule::QuotasShow), quota_sets::show::handle),
    route!("PUT" "/os-quota-sets/{target_project_id}", 0, Some(Rule::QuotasUpdate), quota_sets::update::handle),
    route!("DELETE" "/os-quota-sets/{target_project_id}", 0, Some(Rule::QuotasDelete), quota_sets::delete::handle),
    route!("GET" "/os-quota-sets/{target_project_id}/defaults", 0, Some(Rule::QuotasShow), quota_sets::defaults::handle),
    route!("GET" "/os-quota-class-sets/{class}", 0, Some(Rule::QuotaClassesGet), quota_classes::show::handle),
    route!("PUT" "/os-quota-class-sets/{class}", 0, Some(Rule::QuotaClassesUpdate), quota_classes::update::handle),
    route!("GET" "/limits", 0, None, limits::handle),
    // User messages.
    route!("GET" "/messages", 3, Some(Rule::MessageGetAll), messages::list::handle),
    route!("GET" "/messages/{message_id}", 3, Some(Rule::MessageGet), messages::show::handle),
    route!("DELETE" "/messages/{message_id}", 3, Some(Rule::MessageDelete), messages::delete::handle),
    // What the API is made of.
    route!("GET" "/extensions", 0, None, extensions::list::handle),
    route!("GET" "/extensions/{alias}", 0, None, extensions::show::handle),
    route!("GET" "/resource_filters", 33, None, resource_filters::handle),
];
