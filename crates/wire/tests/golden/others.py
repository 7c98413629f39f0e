"""What else is put to the schemas of Cinder 29: requests about everything but volumes, snapshots, types, quotas and
services. `record.py` records it in `requests_of_others.jsonl`.
"""

ID = '2298ce57-65d4-4af0-ae9a-89cdceeaa376'
ACTIONS = ('reserve', 'unreserve', 'begin_detaching', 'roll_detaching')


def plans():
    """Name, minor version, schema, a valid body, the key around it. The keys to vary are those that the schema names."""
    for name, minor, schema, valid, key in _plans():
        named = schema.get('properties', {})
        if key:
            named = named.get(key, {}).get('properties', {})
        yield name, minor, schema, valid, key, sorted(named) + ['bogus']


def _plans():
    from cinder.api.schemas import (
        admin_actions, attachments, backups, cgsnapshots, clusters, consistencygroups, default_types, group_snapshots,
        group_specs, group_types, groups, qos_specs, services, snapshot_manage, volume_actions, volume_manage,
        volume_transfer, volume_type_encryption, volumes, workers)
    attachment, named = {'volume_uuid': ID}, {'name': 'n'}
    yield 'attachments.create', 27, attachments.create, attachment, 'attachment'
    yield 'attachments.create', 54, attachments.create_v354, attachment, 'attachment'
    yield 'attachments.update', 27, attachments.update, {'connector': {'a': 'b'}}, 'attachment'
    yield 'attachments.complete', 44, attachments.complete, {}, 'os-complete'
    backup = {'volume_id': ID}
    yield 'backups.create', 0, backups.create, backup, 'backup'
    yield 'backups.create', 43, backups.create_backup_v343, backup, 'backup'
    yield 'backups.create', 51, backups.create_backup_v351, backup, 'backup'
    yield 'backups.update', 9, backups.update, named, 'backup'
    yield 'backups.update', 43, backups.update_backup_v343, named, 'backup'
    yield 'backups.restore', 0, backups.restore, {}, 'restore'
    yield 'backups.import_record', 0, backups.import_record, {'backup_service': 's', 'backup_url': 'u'}, 'backup-record'
    yield 'backup.os-reset_status', 0, admin_actions.reset_status_backup, {'status': 'error'}, 'os-reset_status'
    yield 'backup.os-force_delete', 0, admin_actions.force_delete_backup, {}, 'os-force_delete'
    yield ('consistencygroups.create', 0, consistencygroups.create, {'volume_types': 't'}, 'consistencygroup')
    yield ('consistencygroups.create_from_src', 0, consistencygroups.create_from_src, {'cgsnapshot_id': ID},
           'consistencygroup-from-src')
    yield 'consistencygroups.update', 0, consistencygroups.update, named, 'consistencygroup'
    yield 'cgsnapshots.create', 0, cgsnapshots.create, {'consistencygroup_id': ID}, 'cgsnapshot'
    yield 'clusters.enable', 7, clusters.enable_cluster, named, None
    yield 'clusters.disable', 7, clusters.disable_cluster, named, None
    yield 'default_types', 62, default_types.create_or_update, {'volume_type': 't'}, 'default_type'
    yield 'group_snapshots.create', 14, group_snapshots.create, {'group_id': ID}, 'group_snapshot'
    yield 'group_snapshots.reset_status', 19, group_snapshots.reset_status, {'status': 'error'}, 'reset_status'
    yield 'group_types.create', 11, group_types.create, named, 'group_type'
    yield 'group_types.update', 11, group_types.update, named, 'group_type'
    yield 'group_specs.create', 11, group_specs.create, {'a': 'b'}, 'group_specs'
    yield 'group_specs.update', 11, group_specs.update, {'a': 'b'}, None
    yield 'groups.create', 13, groups.create, {'group_type': 't', 'volume_types': ['t']}, 'group'
    yield 'groups.create-from-src', 14, groups.create_from_source, {'source_group_id': ID}, 'create-from-src'
    yield 'groups.update', 13, groups.update, named, 'group'
    yield 'group.delete', 13, groups.delete, {'delete-volumes': False}, 'delete'
    yield 'group.reset_status', 20, groups.reset_status, {'status': 'error'}, 'reset_status'
    yield 'group.enable_replication', 38, groups.enable_replication, {}, 'enable_replication'
    yield 'group.disable_replication', 38, groups.disable_replication, {}, 'disable_replication'
    yield 'group.failover_replication', 38, groups.failover_replication, {}, 'failover_replication'
    yield 'group.list_replication_targets', 38, groups.list_replication, {}, 'list_replication_targets'
    yield 'qos_specs.create', 0, qos_specs.create, {'name': 'q', 'consumer': 'both'}, 'qos_specs'
    yield 'qos_specs.set', 0, qos_specs.set, {'a': 'b'}, 'qos_specs'
    yield 'qos_specs.unset', 0, qos_specs.unset, {'keys': ['a']}, None
    yield 'services.failover_host', 0, services.failover_host, {'host': 'h'}, None
    yield 'services.failover', 26, services.failover_host, {'host': 'h'}, None
    yield 'services.get_log', 32, services.get_log, {}, None
    yield 'snapshots.manage', 8, snapshot_manage.create, {'volume_id': ID, 'ref': {'a': 'b'}}, 'snapshot'
    yield 'volumes.manage', 8, volume_manage.volume_manage_create, {'host': 'h', 'ref': {'a': 'b'}}, 'volume'
    yield 'volumes.manage', 16, volume_manage.volume_manage_create_v316, {'cluster': 'c', 'ref': {'a': 'b'}}, 'volume'
    yield 'transfers.create', 0, volume_transfer.create, {'volume_id': ID}, 'transfer'
    yield 'transfers.create', 55, volume_transfer.create_v355, {'volume_id': ID}, 'transfer'
    yield 'transfers.accept', 0, volume_transfer.accept, {'auth_key': 'k'}, 'accept'
    luks = {'provider': 'luks', 'control_location': 'front-end'}
    yield 'encryptions.create', 0, volume_type_encryption.create, luks, 'encryption'
    yield 'encryptions.update', 0, volume_type_encryption.update, {'cipher': 'c'}, 'encryption'
    yield 'workers.cleanup', 24, workers.cleanup, {}, None
    for action in ACTIONS:
        yield f'attaching.os-{action}', 0, getattr(volume_actions, action), {}, f'os-{action}'
    yield 'attaching.os-attach', 0, volume_actions.attach, {'instance_uuid': ID, 'mountpoint': '/dev/vdb'}, 'os-attach'
    yield 'attaching.os-detach', 0, volume_actions.detach, {}, 'os-detach'
    connector = {'connector': {'a': 'b'}}
    for action in ('initialize_connection', 'terminate_connection'):
        yield f'attaching.os-{action}', 0, getattr(volume_actions, action), connector, f'os-{action}'
    yield 'attaching.os-force_detach', 0, admin_actions.force_detach, {'attachment_id': ID}, 'os-force_detach'
    yield ('attaching.os-extend_volume_completion', 71, admin_actions.extend_volume_completion, {'error': False},
           'os-extend_volume_completion')
    yield 'moving.os-retype', 0, volume_actions.retype, {'new_type': 't'}, 'os-retype'
    yield 'moving.os-reimage', 68, volume_actions.reimage, {'image_id': ID}, 'os-reimage'
    yield 'moving.os-migrate_volume', 0, admin_actions.migrate_volume, {'host': 'h'}, 'os-migrate_volume'
    yield 'moving.os-migrate_volume', 16, admin_actions.migrate_volume_v316, {'host': 'h'}, 'os-migrate_volume'
    yield ('moving.os-migrate_volume_completion', 0, admin_actions.migrate_volume_completion, {'new_volume': ID},
           'os-migrate_volume_completion')
    image = {'image_name': 'n'}
    yield 'moving.os-volume_upload_image', 0, volume_actions.volume_upload_image, image, 'os-volume_upload_image'
    yield 'moving.os-volume_upload_image', 1, volume_actions.volume_upload_image_v31, image, 'os-volume_upload_image'
    yield 'volumes.revert', 40, volumes.revert, {'snapshot_id': ID}, 'revert'
