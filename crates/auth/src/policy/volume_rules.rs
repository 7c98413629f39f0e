//! The rules of the Block Storage API with the defaults of Cinder 29 (`enforce_new_defaults`).

use super::table::rule_set;

/// Administrators.
const ADMIN: &str = "rule:admin_api";
/// Administrators, and members of the project that the target belongs to.
const MEMBER: &str = "rule:xena_system_admin_or_project_member";
/// Administrators, and readers of the project that the target belongs to.
const READER: &str = "rule:xena_system_admin_or_project_reader";

rule_set! {
    /// A rule of the Block Storage API. A variant is the rule's name in camel case, without
    /// `…_extension` and without a word that would be there twice.
    pub enum VolumeRule {
        // Base rules: what the others, and operators, refer to.
        AdminOrOwner "admin_or_owner" =
            "is_admin:True \
             or (role:admin and is_admin_project:True) \
             or project_id:%(project_id)s";
        SystemOrDomainOrProjectAdmin "system_or_domain_or_project_admin" =
            "(role:admin and system_scope:all) \
             or (role:admin and domain_id:%(domain_id)s) \
             or (role:admin and project_id:%(project_id)s)";
        ContextIsAdmin "context_is_admin" = "role:admin";
        AdminApi "admin_api" =
            "is_admin:True or (role:admin and is_admin_project:True)";
        XenaSystemAdminOrProjectReader "xena_system_admin_or_project_reader" =
            "(role:admin) or (role:reader and project_id:%(project_id)s)";
        XenaSystemAdminOrProjectMember "xena_system_admin_or_project_member" =
            "(role:admin) or (role:member and project_id:%(project_id)s)";

        // Volumes.
        VolumeCreate "volume:create" = MEMBER;
        VolumeCreateFromImage "volume:create_from_image" = MEMBER;
        VolumeGet "volume:get" = READER;
        VolumeGetAll "volume:get_all" = READER;
        VolumeUpdate "volume:update" = MEMBER;
        VolumeDelete "volume:delete" = MEMBER;
        VolumeForceDelete "volume:force_delete" = ADMIN;
        VolumeMultiattach "volume:multiattach" = MEMBER;
        VolumeHostAttribute "volume_extension:volume_host_attribute" = ADMIN;
        VolumeTenantAttribute "volume_extension:volume_tenant_attribute" = READER;
        VolumeMigStatusAttribute "volume_extension:volume_mig_status_attribute" = ADMIN;
        VolumeEncryptionMetadata "volume_extension:volume_encryption_metadata" = READER;

        // Metadata of volumes.
        VolumeGetVolumeMetadata "volume:get_volume_metadata" = READER;
        VolumeCreateVolumeMetadata "volume:create_volume_metadata" = MEMBER;
        VolumeUpdateVolumeMetadata "volume:update_volume_metadata" = MEMBER;
        VolumeDeleteVolumeMetadata "volume:delete_volume_metadata" = MEMBER;
        VolumeImageMetadataShow "volume_extension:volume_image_metadata:show" = READER,
            instead of "volume_extension:volume_image_metadata";
        VolumeImageMetadataSet "volume_extension:volume_image_metadata:set" = MEMBER,
            instead of "volume_extension:volume_image_metadata";
        VolumeImageMetadataRemove "volume_extension:volume_image_metadata:remove" = MEMBER,
            instead of "volume_extension:volume_image_metadata";
        VolumeUpdateVolumeAdminMetadata "volume:update_volume_admin_metadata" = ADMIN;

        // Actions on volumes.
        VolumeExtend "volume:extend" = MEMBER;
        VolumeExtendAttachedVolume "volume:extend_attached_volume" = MEMBER;
        VolumeRevertToSnapshot "volume:revert_to_snapshot" = MEMBER;
        VolumeRetype "volume:retype" = MEMBER;
        VolumeUpdateReadonlyFlag "volume:update_readonly_flag" = MEMBER;
        VolumeActionsUploadPublic "volume_extension:volume_actions:upload_public" = ADMIN;
        VolumeActionsUploadImage "volume_extension:volume_actions:upload_image" = MEMBER;
        VolumeActionsInitializeConnection "volume_extension:volume_actions:initialize_connection" = MEMBER;
        VolumeActionsTerminateConnection "volume_extension:volume_actions:terminate_connection" = MEMBER;
        VolumeActionsRollDetaching "volume_extension:volume_actions:roll_detaching" = MEMBER;
        VolumeActionsReserve "volume_extension:volume_actions:reserve" = MEMBER;
        VolumeActionsUnreserve "volume_extension:volume_actions:unreserve" = MEMBER;
        VolumeActionsBeginDetaching "volume_extension:volume_actions:begin_detaching" = MEMBER;
        VolumeActionsAttach "volume_extension:volume_actions:attach" = MEMBER;
        VolumeActionsDetach "volume_extension:volume_actions:detach" = MEMBER;
        VolumeReimage "volume:reimage" = MEMBER;
        VolumeReimageReserved "volume:reimage_reserved" = MEMBER;

        // Administration of volumes.
        VolumeListManageable "volume_extension:list_manageable" = ADMIN;
        VolumeManage "volume_extension:volume_manage" = ADMIN;
        VolumeUnmanage "volume_extension:volume_unmanage" = ADMIN;
        VolumeAdminActionsExtendVolumeCompletion
            "volume_extension:volume_admin_actions:extend_volume_completion" = ADMIN;
        VolumeAdminActionsResetStatus "volume_extension:volume_admin_actions:reset_status" = ADMIN;
        VolumeAdminActionsForceDelete "volume_extension:volume_admin_actions:force_delete" = ADMIN;
        VolumeAdminActionsForceDetach "volume_extension:volume_admin_actions:force_detach" = ADMIN;
        VolumeAdminActionsMigrateVolume "volume_extension:volume_admin_actions:migrate_volume" = ADMIN;
        VolumeAdminActionsMigrateVolumeCompletion
            "volume_extension:volume_admin_actions:migrate_volume_completion" = ADMIN;

        // Attachments.
        VolumeAttachmentCreate "volume:attachment_create" = MEMBER;
        VolumeAttachmentUpdate "volume:attachment_update" = MEMBER;
        VolumeAttachmentDelete "volume:attachment_delete" = MEMBER;
        VolumeAttachmentComplete "volume:attachment_complete" = MEMBER;
        VolumeMultiattachBootableVolume "volume:multiattach_bootable_volume" = MEMBER;

        // Snapshots.
        VolumeGetSnapshotMetadata "volume:get_snapshot_metadata" = READER;
        VolumeUpdateSnapshotMetadata "volume:update_snapshot_metadata" = MEMBER;
        VolumeDeleteSnapshotMetadata "volume:delete_snapshot_metadata" = MEMBER;
        VolumeGetAllSnapshots "volume:get_all_snapshots" = READER;
        ExtendedSnapshotAttributes "volume_extension:extended_snapshot_attributes" = READER;
        VolumeCreateSnapshot "volume:create_snapshot" = MEMBER;
        VolumeGetSnapshot "volume:get_snapshot" = READER;
        VolumeUpdateSnapshot "volume:update_snapshot" = MEMBER;
        VolumeDeleteSnapshot "volume:delete_snapshot" = MEMBER;
        SnapshotAdminActionsResetStatus "volume_extension:snapshot_admin_actions:reset_status" = ADMIN;
        SnapshotActionsUpdateSnapshotStatus
            "snapshot_extension:snapshot_actions:update_snapshot_status" = MEMBER;
        SnapshotAdminActionsForceDelete "volume_extension:snapshot_admin_actions:force_delete" = ADMIN;
        SnapshotListManageable "snapshot_extension:list_manageable" = ADMIN;
        SnapshotManage "snapshot_extension:snapshot_manage" = ADMIN;
        SnapshotUnmanage "snapshot_extension:snapshot_unmanage" = ADMIN;

        // Volume types.
        TypeCreate "volume_extension:type_create" = ADMIN, instead of "volume_extension:types_manage";
        TypeUpdate "volume_extension:type_update" = ADMIN, instead of "volume_extension:types_manage";
        TypeDelete "volume_extension:type_delete" = ADMIN, instead of "volume_extension:types_manage";
        TypeGet "volume_extension:type_get" = READER;
        TypeGetAll "volume_extension:type_get_all" = READER;
        AccessTypesExtraSpecs "volume_extension:access_types_extra_specs" = READER;
        AccessTypesQosSpecsId "volume_extension:access_types_qos_specs_id" = ADMIN;
        VolumeTypeEncryption "volume_extension:volume_type_encryption" = ADMIN;
        VolumeTypeEncryptionCreate "volume_extension:volume_type_encryption:create" = ADMIN;
        VolumeTypeEncryptionGet "volume_extension:volume_type_encryption:get" = ADMIN;
        VolumeTypeEncryptionUpdate "volume_extension:volume_type_encryption:update" = ADMIN;
        VolumeTypeEncryptionDelete "volume_extension:volume_type_encryption:delete" = ADMIN;
        VolumeTypeAccess "volume_extension:volume_type_access" = MEMBER;
        VolumeTypeAccessAddProjectAccess "volume_extension:volume_type_access:addProjectAccess" = ADMIN;
        VolumeTypeAccessRemoveProjectAccess "volume_extension:volume_type_access:removeProjectAccess" = ADMIN;
        VolumeTypeAccessGetAllForType "volume_extension:volume_type_access:get_all_for_type" = ADMIN;
        TypesExtraSpecsIndex "volume_extension:types_extra_specs:index" = READER;
        TypesExtraSpecsCreate "volume_extension:types_extra_specs:create" = ADMIN;
        TypesExtraSpecsShow "volume_extension:types_extra_specs:show" = READER;
        TypesExtraSpecsReadSensitive "volume_extension:types_extra_specs:read_sensitive" = ADMIN;
        TypesExtraSpecsUpdate "volume_extension:types_extra_specs:update" = ADMIN;
        TypesExtraSpecsDelete "volume_extension:types_extra_specs:delete" = ADMIN;
        DefaultSetOrUpdate "volume_extension:default_set_or_update" = ADMIN;
        DefaultGet "volume_extension:default_get" = ADMIN;
        DefaultGetAll "volume_extension:default_get_all" = ADMIN;
        DefaultUnset "volume_extension:default_unset" = ADMIN;

        // QoS specs, quotas, limits.
        QosSpecsManageGetAll "volume_extension:qos_specs_manage:get_all" = ADMIN;
        QosSpecsManageGet "volume_extension:qos_specs_manage:get" = ADMIN;
        QosSpecsManageCreate "volume_extension:qos_specs_manage:create" = ADMIN;
        QosSpecsManageUpdate "volume_extension:qos_specs_manage:update" = ADMIN;
        QosSpecsManageDelete "volume_extension:qos_specs_manage:delete" = ADMIN;
        QuotaClassesGet "volume_extension:quota_classes:get" = ADMIN,
            instead of "volume_extension:quota_classes";
        QuotaClassesUpdate "volume_extension:quota_classes:update" = ADMIN,
            instead of "volume_extension:quota_classes";
        QuotasShow "volume_extension:quotas:show" = READER;
        QuotasUpdate "volume_extension:quotas:update" = ADMIN;
        QuotasDelete "volume_extension:quotas:delete" = ADMIN;
        LimitsUsed "limits_extension:used_limits" = READER;

        // Services, hosts, pools, clusters.
        ClustersGetAll "clusters:get_all" = ADMIN;
        ClustersGet "clusters:get" = ADMIN;
        ClustersUpdate "clusters:update" = ADMIN;
        WorkersCleanup "workers:cleanup" = ADMIN;
        Capabilities "volume_extension:capabilities" = ADMIN;
        ServicesIndex "volume_extension:services:index" = ADMIN;
        ServicesUpdate "volume_extension:services:update" = ADMIN;
        VolumeFreezeHost "volume:freeze_host" = ADMIN;
        VolumeThawHost "volume:thaw_host" = ADMIN;
        VolumeFailoverHost "volume:failover_host" = ADMIN;
        SchedulerStatsGetPools "scheduler_extension:scheduler_stats:get_pools" = ADMIN;
        Hosts "volume_extension:hosts" = ADMIN;

        // Transfers.
        VolumeGetAllTransfers "volume:get_all_transfers" = READER;
        VolumeCreateTransfer "volume:create_transfer" = MEMBER;
        VolumeGetTransfer "volume:get_transfer" = READER;
        VolumeAcceptTransfer "volume:accept_transfer" = MEMBER;
        VolumeDeleteTransfer "volume:delete_transfer" = MEMBER;

        // Backups.
        BackupGetAll "backup:get_all" = READER;
        BackupProjectAttribute "backup:backup_project_attribute" = ADMIN;
        BackupCreate "backup:create" = MEMBER;
        BackupGet "backup:get" = READER;
        BackupUpdate "backup:update" = MEMBER;
        BackupDelete "backup:delete" = MEMBER;
        BackupRestore "backup:restore" = MEMBER;
        BackupImport "backup:backup-import" = ADMIN;
        BackupExport "backup:export-import" = ADMIN;
        BackupAdminActionsResetStatus "volume_extension:backup_admin_actions:reset_status" = ADMIN;
        BackupAdminActionsForceDelete "volume_extension:backup_admin_actions:force_delete" = ADMIN;

        // Groups.
        GroupGetAll "group:get_all" = READER;
        GroupCreate "group:create" = MEMBER;
        GroupGet "group:get" = READER;
        GroupUpdate "group:update" = MEMBER;
        GroupProjectAttribute "group:group_project_attribute" = ADMIN;
        GroupTypesCreate "group:group_types:create" = ADMIN, instead of "group:group_types_manage";
        GroupTypesUpdate "group:group_types:update" = ADMIN, instead of "group:group_types_manage";
        GroupTypesDelete "group:group_types:delete" = ADMIN, instead of "group:group_types_manage";
        GroupAccessGroupTypesSpecs "group:access_group_types_specs" = ADMIN;
        GroupTypesSpecsGet "group:group_types_specs:get" = ADMIN, instead of "group:group_types_specs";
        GroupTypesSpecsGetAll "group:group_types_specs:get_all" = ADMIN, instead of "group:group_types_specs";
        GroupTypesSpecsCreate "group:group_types_specs:create" = ADMIN, instead of "group:group_types_specs";
        GroupTypesSpecsUpdate "group:group_types_specs:update" = ADMIN, instead of "group:group_types_specs";
        GroupTypesSpecsDelete "group:group_types_specs:delete" = ADMIN, instead of "group:group_types_specs";
        GroupGetAllGroupSnapshots "group:get_all_group_snapshots" = READER;
        GroupCreateGroupSnapshot "group:create_group_snapshot" = MEMBER;
        GroupGetGroupSnapshot "group:get_group_snapshot" = READER;
        GroupDeleteGroupSnapshot "group:delete_group_snapshot" = MEMBER;
        GroupUpdateGroupSnapshot "group:update_group_snapshot" = MEMBER;
        GroupSnapshotProjectAttribute "group:group_snapshot_project_attribute" = ADMIN;
        GroupResetGroupSnapshotStatus "group:reset_group_snapshot_status" = ADMIN;
        GroupDelete "group:delete" = MEMBER;
        GroupResetStatus "group:reset_status" = ADMIN;
        GroupEnableReplication "group:enable_replication" = MEMBER;
        GroupDisableReplication "group:disable_replication" = MEMBER;
        GroupFailoverReplication "group:failover_replication" = MEMBER;
        GroupListReplicationTargets "group:list_replication_targets" = MEMBER;

        // Messages.
        MessageGetAll "message:get_all" = READER;
        MessageGet "message:get" = READER;
        MessageDelete "message:delete" = MEMBER;
    }
}
