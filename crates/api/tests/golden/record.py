"""Puts the requests of the transcripts beside this file to Cinder 29, and writes down what it answers.

    record.py [attachments.txt …]

Runs the real API, scheduler, volume and backup services in one process, on SQLite, over a driver without storage.
See README.md; needs `pip install cinder==29.0.0`.
"""

import glob
import json
import os
import re
import subprocess
import sys
import tempfile
import time
import warnings

warnings.filterwarnings('ignore')
HERE = os.path.dirname(os.path.abspath(__file__))
STATE = tempfile.mkdtemp(prefix='cinder-recording-')
FILTERS = os.path.join(HERE, '../../../wire/src/query/resource_filters.json')
PASTE = open(os.path.join(HERE, '../../../wire/tests/golden/paste.ini')).read()
# Options that a transcript may ask for, of the service and of its backend.
GIVEN = {'a cluster': ('', ''), 'replication': ('', 'replication_device = backend_id:there'),
         'another backend': ('', '[other]\nvolume_driver = recorder.Driver\nvolume_backend_name = other\n'
                                 'target_helper = fake'),
         'a default group type': ('default_group_type = together', ''),
         'filters of parts': (f'resource_query_filters_file = {STATE}/filters.json', '')}
CONFIG = f"""
[DEFAULT]
transport_url = fake:/
api_paste_config = {STATE}/paste.ini
auth_strategy = noauth_include_project_id
{{filters}}
state_path = {STATE}
host = node
enabled_backends = sim,other
report_interval = 1000000
service_down_time = 10000000
periodic_interval = 0
backend_stats_polling_interval = 3
scheduler_driver_init_wait_time = 1
backup_driver = cinder.backup.drivers.posix.PosixBackupDriver
backup_posix_path = {STATE}/backups
rpc_response_timeout = 20
{{of_all}}
[sim]
volume_driver = recorder.Driver
volume_backend_name = sim
target_helper = fake
{{of_backend}}
[database]
connection = sqlite:///{STATE}/cinder.sqlite
[key_manager]
backend = castellan.tests.unit.key_manager.mock_key_manager.MockKeyManager
[oslo_concurrency]
lock_path = {STATE}
[coordination]
backend_url = file://{STATE}
"""
PROJECTS = {'other': '2' * 32}
PROJECT, USER = '1' * 32, '3' * 32
# What both sides know by the same name.
KNOWN = {'project': PROJECT, 'other_project': '2' * 32, 'user': USER,
         'nobody': '00000000-0000-4000-8000-000000000000',
         'server_a': 'aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa', 'server_b': 'bbbbbbbb-bbbb-4bbb-8bbb-bbbbbbbbbbbb',
         'server_c': 'cccccccc-cccc-4ccc-8ccc-cccccccccccc'}
PATIENCE_S = 8


def drivers():
    """The module `recorder`: a backend without storage, as capable as our simulated one."""
    import types

    from cinder import exception
    from cinder.tests import fake_driver
    from cinder.volume import volume_utils

    class Driver(fake_driver.FakeLoggingVolumeDriver):
        SUPPORTS_ACTIVE_ACTIVE = True

        def _update_volume_stats(self):
            super()._update_volume_stats()
            self._stats['volume_backend_name'] = self.configuration.volume_backend_name
            self._stats['pools'][0].update(
                pool_name='pool', reserved_percentage=0, total_capacity_gb=1000, free_capacity_gb=1000,
                multiattach=True, QoS_support=True, consistencygroup_support=True,
                consistent_group_snapshot_enabled=True, group_replication_enabled=True)
            self._stats['replication_enabled'] = bool(self.configuration.safe_get('replication_device'))

        def failover_host(self, context, volumes, secondary_id=None, groups=None):
            lost = [{'volume_id': volume.id, 'updates': {'status': 'error'}} for volume in volumes]
            return secondary_id, [] if secondary_id == 'default' else lost, []

        def get_pool(self, volume):
            return 'pool'

        def create_volume(self, volume, *_):
            if volume.group and volume.group.is_replicated:
                return {'provider_id': volume.name, 'replication_status': 'disabled'}
            return {'provider_id': volume.name}

        create_cloned_volume = create_volume_from_snapshot = create_volume

        def initialize_connection(self, volume, connector):
            return {'driver_volume_type': 'local', 'data': {'device_path': '<path>', 'volume_id': volume.id}}

        def validate_connector(self, connector):
            if 'host' not in connector:
                raise exception.InvalidConnectorException(missing='host')

        def revert_to_snapshot(self, context, volume, snapshot):
            pass

        def create_group(self, context, group):
            return {'status': 'available', 'replication_status': 'disabled'}

        def update_group(self, context, group, add_volumes=None, remove_volumes=None):
            return None, None, None

        def delete_group(self, context, group, volumes):
            return {'status': 'deleted'}, [{'id': volume.id, 'status': 'deleted'} for volume in volumes]

        def replicated(self, status, volumes):
            return {'replication_status': status}, [{'id': it.id, 'replication_status': status} for it in volumes]

        def enable_replication(self, context, group, volumes):
            return self.replicated('enabled', volumes)

        def disable_replication(self, context, group, volumes):
            return self.replicated('disabled', volumes)

        def failover_replication(self, context, group, volumes, secondary_backend_id=None):
            return self.replicated('enabled' if secondary_backend_id == 'default' else 'failed-over', volumes)

        def create_group_from_src(self, context, group, volumes, *_):
            return None, None

        def create_group_snapshot(self, context, group_snapshot, snapshots):
            return {'status': 'available'}, [{'id': snapshot.id, 'status': 'available'} for snapshot in snapshots]

        def delete_group_snapshot(self, context, group_snapshot, snapshots):
            return {'status': 'deleted'}, [{'id': snapshot.id, 'status': 'deleted'} for snapshot in snapshots]

        def copy_volume_to_image(self, context, volume, image_service, image_meta):
            pass

        def copy_image_to_volume(self, context, volume, image_service, image_id, disable_sparse=False):
            pass

        def clone_image(self, context, volume, location, image_meta, image_service):
            return {'provider_location': None}, True

        def retype(self, context, volume, new_type, diff, host):
            return True, {}

        def migrate_volume(self, context, volume, host):
            return True, {}

        strays = {'stray', 'stray-snapshot'}

        def manage_existing_get_size(self, volume, existing_ref):
            name = existing_ref.get('source-name') if isinstance(existing_ref, dict) else None
            if name not in self.strays:
                raise exception.ManageExistingInvalidReference(existing_ref=existing_ref, reason='no such file')
            return 1

        def manage_existing_snapshot_get_size(self, snapshot, existing_ref):
            return self.manage_existing_get_size(None, existing_ref)

        def manage_existing(self, volume, existing_ref):
            self.strays.discard(existing_ref['source-name'])
            return {'provider_id': volume.name}

        def manage_existing_snapshot(self, snapshot, existing_ref):
            return self.manage_existing(snapshot, existing_ref)

        def unmanage(self, volume):
            pass

        def unmanage_snapshot(self, snapshot):
            pass

        def get_manageable_volumes(self, cinder_volumes, marker, limit, offset, sort_keys, sort_dirs):
            found = [(name, 1, None, {}) for name in self.strays]
            found += [(volume.name, volume.size, volume.id, {}) for volume in cinder_volumes]
            return self.listed(found, marker, limit, offset, sort_keys, sort_dirs)

        def get_manageable_snapshots(self, cinder_snapshots, marker, limit, offset, sort_keys, sort_dirs):
            found = [(snapshot.name, snapshot.volume_size, snapshot.id,
                      {'source_reference': {'source-name': snapshot.volume_name}}) for snapshot in cinder_snapshots]
            return self.listed(found, marker, limit, offset, sort_keys, sort_dirs)

        def listed(self, found, *page):
            entries = [{'reference': {'source-name': name}, 'size': size, 'safe_to_manage': ours is None,
                        'reason_not_safe': ours and 'already managed', 'cinder_id': ours, 'extra_info': None, **more}
                       for name, size, ours, more in found]
            return volume_utils.paginate_entries_list(entries, *page)

    module = types.ModuleType('recorder')
    module.Driver = Driver
    Driver.__module__ = 'recorder'
    sys.modules['recorder'] = module


def unknown_to_nova(*_):
    from cinder.compute.nova import nova_exceptions
    raise nova_exceptions.NotFound(404)


def filters_of_parts():
    """The filters that both sides have, all of which may also name a part."""
    with open(FILTERS) as file:
        known = json.load(file)
    return json.dumps({resource: [f'{name}~' for name in names] for resource, names in known.items()})


def start(with_backups, given):
    """The API, after the services behind it."""
    of_all, of_backend = ('\n'.join(options) for options in zip(('', ''), *(GIVEN[name] for name in given)))
    filters = '' if 'filters of parts' in given else f'resource_query_filters_file = {FILTERS}'
    config = CONFIG.format(of_all=of_all, of_backend=of_backend, filters=filters)
    for name, text in (('paste.ini', PASTE), ('cinder.conf', config), ('filters.json', filters_of_parts())):
        with open(os.path.join(STATE, name), 'w') as file:
            file.write(text)
    os.makedirs(f'{STATE}/backups', exist_ok=True)
    import cinder.cmd.volume  # noqa: F401  (registers options, and patches the libraries)
    import logging

    import types

    import webob.dec
    from oslo_config import cfg
    from oslo_service import wsgi as loader

    import cinder.cmd.api  # noqa: F401
    import cinder.cmd.backup  # noqa: F401
    import cinder.cmd.scheduler  # noqa: F401
    from cinder import context, coordination, objects, rpc, service
    objects.register_all()
    from cinder.api import api_utils
    from cinder.api.middleware import auth
    from cinder.api.openstack import wsgi
    from cinder.backup import manager as backup_manager
    from cinder.common import config  # noqa: F401
    from cinder.compute import nova
    from cinder.db import migration
    from cinder.image import glance
    from cinder.scheduler import host_manager
    from cinder.tests.unit.image import fake as images

    @webob.dec.wsgify(RequestClass=wsgi.Request)
    def identify(self, request):
        who = request.headers['X-Who']
        roles = {'admin': ['admin', 'manager', 'member', 'reader'], 'reader': ['reader']}.get(who, ['member', 'reader'])
        request.environ['cinder.context'] = context.RequestContext(
            USER, PROJECTS.get(who, PROJECT), is_admin=who == 'admin', roles=roles, remote_address='127.0.0.1',
            service_roles=['service'] if who == 'nova' else [])
        return self.application

    auth.NoAuthMiddlewareIncludeProjectID.__call__ = identify
    backup_manager.BackupManager._start_backup = (
        lambda self, context, backup, volume: self._finish_backup(context, backup, volume, {}))
    backup_manager.BackupManager._run_restore = lambda self, context, backup, volume, volume_is_new: None
    api_utils.get_project = lambda context, project_id: types.SimpleNamespace(id=project_id)
    host_manager.HostManager.get_backup_host = lambda *_, **__: 'node'
    nova.API.get_server_volume = unknown_to_nova
    fake_images = images.FakeImageService()
    glance.get_default_image_service = lambda: fake_images
    glance.get_remote_image_service = lambda context, ref: (fake_images, ref)
    cfg.CONF(['--config-file', os.path.join(STATE, 'cinder.conf')], project='cinder', version='29')
    if 'DEBUG' in os.environ:
        logging.basicConfig(level=logging.WARNING)
    else:
        logging.disable(logging.CRITICAL)
    drivers()
    migration.db_sync()
    rpc.init(cfg.CONF)
    coordination.COORDINATOR.start()
    cluster = 'c@sim' if 'a cluster' in given else None
    services = [('cinder-volume', {'host': 'node@sim', 'service_name': 'sim', 'cluster': cluster}),
                ('cinder-scheduler', {})]
    if 'another backend' in given:
        services.append(('cinder-volume', {'host': 'node@other', 'service_name': 'other'}))
    if with_backups:
        services.append(('cinder-backup', {'process_number': 1}))
    for binary, more in services:
        service.Service.create(binary=binary, report_interval=0, periodic_interval=0, **more).start()
    return loader.Loader(cfg.CONF).load_app('osapi_volume')


def die(host):
    """A service of the cluster that was heard of for the last time long ago."""
    import datetime

    from cinder import context, objects
    from cinder.db import api as db
    admin = context.get_admin_context()
    service = objects.Service(context=admin, host=host, binary='cinder-volume', topic='cinder-volume',
                              cluster_name='c@sim', report_count=1, availability_zone='nova')
    service.create()
    db.worker_create(admin, resource_type='Volume', resource_id=KNOWN['nobody'], status='deleting',
                     service_id=service.id)
    db.service_update(admin, service.id, {'updated_at': datetime.datetime(2020, 1, 1)})


def growing(volume_id, new_size):
    """A volume that the host of a server is to grow."""
    from cinder import context
    from cinder.db import api as db
    admin = context.get_admin_context()
    db.volume_update(admin, volume_id, {'status': 'extending'})
    words = {'extend_new_size': new_size, 'extend_reservations': '[]'}
    db.volume_admin_metadata_update(admin, volume_id, words, False)


def image(name, details):
    """An image that is there, with as much of its record as Cinder looks at."""
    import uuid

    from cinder.image import glance
    known = {'id': str(uuid.uuid4()), 'name': name, 'status': 'active', 'visibility': 'public', 'protected': False,
             'container_format': 'bare', 'disk_format': 'raw', 'min_disk': 0, 'min_ram': 0, 'properties': {},
             'owner': PROJECT, **details}
    for name, text in known['properties'].items():
        known['properties'][name] = json.loads(text) if text.startswith('[') else text
    glance.get_default_image_service().create(None, known)
    return known['id']


def call(api, who, minor, method, path, body=None, headers=()):
    import webob
    project = PROJECTS.get(who, PROJECT)
    whole = path == '/' or path.startswith('/v3')
    request = webob.Request.blank(path if whole else f'/v3/{project}{path}', method=method)
    request.headers.update(headers)
    request.headers['X-Who'] = who
    request.headers['OpenStack-API-Version'] = f'volume 3.{minor}'
    if body is not None:
        request.body = body.encode()
        request.content_type = 'application/json'
    return request.get_response(api)


def inner(value, path):
    for key in path.split('.'):
        value = value[int(key) if key.isdigit() else key]
    return value


class Transcript:
    """One file: its lines without the replies, and what was learnt on the way."""

    def __init__(self, api, name):
        self.api, self.name, self.names = api, name, dict(KNOWN)

    def fill(self, text):
        for name in sorted(self.names, key=len, reverse=True):
            text = text.replace(f'${name}', self.names[name])
        return text

    def normal(self, text):
        for name, value in self.names.items():
            text = text.replace(value, f'${name}')
        text = re.sub(r'http://[^/"]+', '<root>', text)
        text = re.sub(r'\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(\+00:00|Z)?', '<time>', text)
        text = re.sub(r'[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}', '<uuid>', text)
        text = re.sub(r'("object_count": )\d+', r'\1"<count>"', text)
        text = text.replace('"container": null', '"container": "<place>"')
        return re.sub(r'("auth_key": ")[0-9a-f]{16}"', r'\1<key>"', text)

    def wait(self, path, key, wanted):
        began = time.monotonic()
        while True:
            reply = call(self.api, 'admin', 71, 'GET', self.fill(path))
            found = 'gone' if reply.status_int == 404 else inner(reply.json, key) if key else 'there'
            if found == wanted:
                return
            if time.monotonic() - began > PATIENCE_S or found.startswith('error'):
                print(f'{self.name}: {path} is {found}, not {wanted}')
                return
            time.sleep(0.05)

    def do(self, line):
        head, method, path, *body = line.split(' ', 3)
        who, _, minor = head.partition('@')
        reply = call(self.api, who, minor, method, self.fill(path), self.fill(body[0]) if body else None)
        if reply.status_int >= 300:
            print(f'{self.name}: {line}: {reply.status_int} {reply.text}')
        return reply.json if reply.body else None

    def make(self, who, path, key, name, body):
        self.names[name] = self.do(f'{who}@71 POST {path} {{"{key}": {body}}}')[key]['id']
        if not path.endswith(('types', 'qos-specs')):
            self.wait(f'{path}/${name}', f'{key}.status', 'available')

    def ask(self, line, keeps, headers, told):
        head, method, path, *body = line.split(' ', 3)
        who, _, minors = head.partition('@')
        replies = []
        for minor in minors.split(','):
            body_now = self.fill(body[0]) if body else None
            headers_now = [(name, self.fill(value)) for name, value in headers]
            reply = call(self.api, who, minor, method, self.fill(path), body_now, headers_now)
            if told:
                reply.json = {told: reply.headers.get(told), 'body': reply.json if reply.body else None}
            for keep in keeps if reply.status_int < 300 else []:
                name, _, where = keep.removeprefix('keep ').partition(' = ')
                try:
                    self.names[name] = inner(reply.json, where)
                except (KeyError, IndexError, TypeError, ValueError):
                    print(f'{self.name}: {line}: {reply.status_int} {reply.text}')
            try:
                text = json.dumps(json.loads(reply.body), ensure_ascii=False)
            except ValueError:
                text = ' '.join(reply.text.split())
            said = f'{reply.status_int} {self.normal(text)}'.strip()
            same = next((entry for entry in replies if entry[1] == said), None)
            if same:
                same[0].append(minor)
            else:
                replies.append(([minor], said))
        if len(replies) == 1:
            return [f'-> {replies[0][1]}']
        return [f'-> @{",".join(minors)} {said}' for minors, said in replies]

    def record(self, lines):
        lines = [line for line in lines if not line.startswith('-> ')]
        out, index = [], 0
        while index < len(lines):
            line = lines[index]
            out.append(line)
            index += 1
            if not line.strip() or line.startswith(('#', '== ', 'differs: ', '=> ', 'given ')):
                continue
            words = line.split(' ')
            if words[0] == 'dead':
                die(words[1])
                continue
            if words[0] == 'growing':
                growing(self.fill(words[1]), words[2])
                continue
            if words[0] == 'image':
                _, name, details = line.split(' ', 2)
                self.names[name] = image(name, json.loads(self.fill(details)))
                continue
            if words[0] == 'wait':
                self.wait(words[1], words[2], words[3])
                continue
            if words[0] == 'gone':
                self.wait(words[1], '', 'gone')
                continue
            if words[0] == 'make':
                self.make(*line.split(' ', 5)[1:])
                continue
            if words[0] == 'do':
                self.do(line.removeprefix('do '))
                continue
            more = []
            while index < len(lines) and lines[index].startswith(('keep ', 'with ', 'told ')):
                more.append(lines[index])
                index += 1
            out += more
            keeps = [line for line in more if line.startswith('keep ')]
            headers = [line.split(' ')[1:] for line in more if line.startswith('with ')]
            told = next((line.split(' ')[1] for line in more if line.startswith('told ')), None)
            out += self.ask(line, keeps, headers, told)
        return out


def main():
    names = sys.argv[1:] or sorted(glob.glob(f'{HERE}/*.txt'))
    if len(names) > 1:
        for name in names:
            subprocess.run([sys.executable, __file__, name], check=False)
        return
    path = os.path.join(HERE, names[0])
    with open(path) as file:
        lines = file.read().splitlines()
    given = [line.removeprefix('given ') for line in lines if line.startswith('given ')]
    transcript = Transcript(start(any(word in names[0] for word in ('backup', 'admin', 'filters', 'sample')), given), names[0])
    call(transcript.api, 'admin', 0, 'PUT', f'/os-quota-sets/{PROJECT}', '{"quota_set": {"volumes": 1000}}')
    lines = transcript.record(lines)
    with open(path, 'w') as file:
        file.write('\n'.join(lines) + '\n')
    print(names[0], sum(line.startswith('-> ') for line in lines))
    sys.stdout.flush()
    os._exit(0)


if __name__ == '__main__':
    main()
