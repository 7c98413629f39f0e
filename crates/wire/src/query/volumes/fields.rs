//! What of a volume can be sorted by and compared, under the names of the database.

use model::words;

words! {
    /// What volumes can be sorted by.
    VolumeSortKey {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// Identifier.
        Id = "id",
        /// Display name; `name` in queries.
        Name = "display_name",
        /// Free text.
        Description = "display_description",
        /// Size.
        Size = "size",
        /// Status.
        Status = "status",
        /// Attach status.
        AttachStatus = "attach_status",
        /// Migration status.
        MigrationStatus = "migration_status",
        /// Zone.
        AvailabilityZone = "availability_zone",
        /// Where it lives.
        Host = "host",
        /// Whether a machine can boot from it.
        Bootable = "bootable",
        /// Whether it may have several attachments.
        Multiattach = "multiattach",
        /// Its type.
        VolumeTypeId = "volume_type_id",
        /// The snapshot that it was made from.
        SnapshotId = "snapshot_id",
        /// The volume that it was made from.
        SourceVolid = "source_volid",
        /// Its group.
        GroupId = "group_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// When it last changed.
        UpdatedAt = "updated_at",
        /// When it first became available.
        LaunchedAt = "launched_at",
    }
}

words! {
    /// Texts of a volume that a filter can compare.
    VolumeField {
        /// Identifier.
        Id = "id",
        /// Display name.
        Name = "display_name",
        /// Free text.
        Description = "display_description",
        /// Status.
        Status = "status",
        /// Attach status.
        AttachStatus = "attach_status",
        /// Migration status.
        MigrationStatus = "migration_status",
        /// Zone.
        AvailabilityZone = "availability_zone",
        /// Its type.
        VolumeTypeId = "volume_type_id",
        /// The snapshot that it was made from.
        SnapshotId = "snapshot_id",
        /// The volume that it was made from.
        SourceVolid = "source_volid",
        /// Its group.
        GroupId = "group_id",
        /// Owner.
        ProjectId = "project_id",
        /// Who asked for it.
        UserId = "user_id",
        /// What the backend calls it.
        ProviderId = "provider_id",
    }
}

words! {
    /// Flags of a volume that a filter can compare.
    VolumeFlag {
        /// Whether a machine can boot from it.
        Bootable = "bootable",
        /// Whether it may have several attachments.
        Multiattach = "multiattach",
        /// Whether the quota is charged; `consumes_quota` in queries.
        ConsumesQuota = "use_quota",
    }
}

words! {
    /// Times of a volume that a filter can compare.
    VolumeTime {
        /// When it was asked for.
        CreatedAt = "created_at",
        /// When it last changed.
        UpdatedAt = "updated_at",
    }
}

words! {
    /// How a time is compared.
    Comparison {
        /// Later.
        After = "gt",
        /// Not earlier.
        From = "gte",
        /// At that time.
        At = "eq",
        /// At another time.
        NotAt = "neq",
        /// Earlier.
        Before = "lt",
        /// Not later.
        Until = "lte",
    }
}
