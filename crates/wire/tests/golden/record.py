"""Asks Cinder 29 what the tests compare with, and writes the four recordings beside this file.

Runs the real API in this process on SQLite; nobody listens to the message bus. See README.md.
"""

import copy
import json
import logging
import os
import sqlite3
import sys
import tempfile
import warnings

import others

warnings.filterwarnings('ignore')
HERE = os.path.dirname(os.path.abspath(__file__))
STATE = tempfile.mkdtemp(prefix='cinder-recording-')
DATABASE = os.path.join(STATE, 'cinder.sqlite')
FILTERS = os.path.join(HERE, '../../src/query/resource_filters.json')
PASTE = open(os.path.join(HERE, 'paste.ini')).read()
CONFIG = f"""
[DEFAULT]
transport_url = fake:/
api_paste_config = {STATE}/paste.ini
auth_strategy = noauth_include_project_id
resource_query_filters_file = {FILTERS}
state_path = {STATE}
rpc_response_timeout = 1
[database]
connection = sqlite:///{DATABASE}
[oslo_concurrency]
lock_path = {STATE}
[coordination]
backend_url = file://{STATE}
"""
PROJECT = 'f21a9c86d7114bf99c711f4874d80474'
USER = 'c853ca26e8ea47978a52ee124a013d0e'


def start():
    """The API, whose caller is an administrator or not as the header says."""
    for name, text in (('paste.ini', PASTE), ('cinder.conf', CONFIG)):
        with open(os.path.join(STATE, name), 'w') as file:
            file.write(text)
    import webob.dec
    from oslo_config import cfg
    from oslo_service import wsgi as loader

    import cinder.cmd.api  # noqa: F401  (registers options)
    from cinder import context, coordination, objects, rpc
    from cinder.api.middleware import auth
    from cinder.api.openstack import wsgi
    from cinder.common import config  # noqa: F401
    from cinder.db import migration

    @webob.dec.wsgify(RequestClass=wsgi.Request)
    def identify(self, request):
        roles = request.headers['X-Roles'].split(',')
        request.environ['cinder.context'] = context.RequestContext(
            USER, PROJECT, is_admin='admin' in roles, roles=roles, remote_address='127.0.0.1')
        return self.application

    auth.NoAuthMiddlewareIncludeProjectID.__call__ = identify
    cfg.CONF(['--config-file', os.path.join(STATE, 'cinder.conf')], project='cinder', version='29')
    logging.disable(logging.CRITICAL)
    objects.register_all()
    migration.db_sync()
    rpc.init(cfg.CONF)
    coordination.COORDINATOR.start()
    return loader.Loader(cfg.CONF).load_app('osapi_volume')


def call(api, method, path, body=None, minor=0, admin=True):
    import webob
    request = webob.Request.blank(path if path.startswith('/v3') else f'/v3/{PROJECT}{path}', method=method)
    request.headers['X-Roles'] = 'admin' if admin else 'member,reader'
    request.headers['OpenStack-API-Version'] = f'volume 3.{minor}'
    if body is not None:
        request.body = json.dumps(body).encode()
        request.content_type = 'application/json'
    return request.get_response(api)


def write(name, lines):
    with open(os.path.join(HERE, name), 'w') as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(',', ':')) + '\n')
    print(name, len(lines))


# Requests ------------------------------------------------------------------------------------------------------

ID = '2298ce57-65d4-4af0-ae9a-89cdceeaa376'
VALUES = [
    None, True, False, 0, 1, -1, 2147483647, 2147483648, 1.5, 1e16, -0.0, 1e-7, 2**64 - 1, '', ' ', '  x  ', 'a',
    'a' * 255, 'a' * 256, 'true', 'TRUE', 'tRuE', 'maybe', 'y', '1', '0', '-1', ' 5', '1.5', '007', '12a',
    '2147483648', [], ['a'], {}, {'a': 'b'}, {'a': 1}, {'a': None}, {'': 'b'}, {'é': 'b'}, {'a b/c': 'd'},
    {'a b': 'c'}, {'k' * 256: 'b'}, {'k': 'b' * 256}, {'a': ['b']}, ID, ID.upper(), ID.replace('-', ''),
    '{' + ID + '}', 'urn:uuid:' + ID, ID[:-1] + 'g', [ID], [ID, ID], [ID, 'x'], "it's", 'say "x"', 'it\'s "x"',
    'tab\t', 'line\nline', 'ü', 'zero\u200bwidth', 'nb\u00a0sp', '\0', '\\', '€', '𝄞', '\u2028', 'available',
    'AVAILABLE', 'error_deleting', 'attached', 'detached', 'none', 'reverting', 'h@b#p', '[::1]:/x', 'a;b', '50%',
    '101%', 'x%', ' 5%', '%',
]
PRINTABLE = '^[printable characters]*$'
# Where every value is kept; elsewhere two of each kind and answer are enough.
THOROUGH = {
    ('volumes.create', 'name'), ('volumes.create', 'size'), ('volumes.create', 'snapshot_id'),
    ('volumes.create', 'different_host'), ('snapshots.create', 'description'), ('os-set_bootable', 'bootable'),
    ('snapshot.os-reset_status', 'status'), ('os-update_snapshot_status', 'progress'), ('quotas.update', 'volumes'),
    ('services.enable', 'host'), ('types.create', 'name'),
}
ANSWERS = (
    'is not of type', 'is not valid under', 'is too long', 'should be non-empty', 'not match any of', 'does not match',
    'is not one of', 'less than the minimum', 'greater than the maximum', 'Additional properties', 'is a required',
    'must be an integer', 'must be', 'Bad key', 'is invalid, valid', 'not a', 'has too many', 'characters, more',
)


# Actions of other names.
NAMED = {'create-from-src', 'delete', 'reset_status', 'enable_replication', 'disable_replication', 'failover_replication',
         'list_replication_targets', 'revert'}


def plans():
    """Name, minor version, schema, a valid body, the key around it, and the keys to vary."""
    from cinder.api.schemas import (
        admin_actions, hosts, quota_classes, quotas, scheduler_hints, services, snapshot_actions, snapshot_metadata,
        snapshots, types_extra_specs, volume_actions, volume_image_metadata, volume_metadata, volume_type_access,
        volume_types, volumes)
    volume, snapshot, pair = {'size': 1}, {'volume_id': ID}, {'a': 'b'}
    service = {'binary': 'cinder-volume', 'host': 'h'}
    strict = [key for key in volumes.create_volume_v347['properties']['volume']['properties']
              if key not in ('display_name', 'display_description', 'source_volid', 'consistencygroup_id', 'image_id')]
    yield 'volumes.create', 0, volumes.create, volume, 'volume', ['name', 'size', 'group_id', 'bogus']
    yield 'volumes.create', 13, volumes.create_volume_v313, volume, 'volume', ['group_id', 'backup_id']
    yield 'volumes.create', 47, volumes.create_volume_v347, volume, 'volume', ['backup_id', 'bogus']
    yield 'volumes.create', 53, volumes.create_volume_v353, volume, 'volume', strict + ['bogus']
    yield ('volumes.create', 53, volumes.create_volume_v353, {'volume': volume}, None,
           ['OS-SCH-HNT:scheduler_hints'])
    yield ('hints', 53, scheduler_hints.create, {}, 'OS-SCH-HNT:scheduler_hints',
           ['local_to_instance', 'same_host', 'different_host', 'query', 'other'])
    yield 'volumes.update', 0, volumes.update, {'name': 'n'}, 'volume', ['name', 'bogus']
    yield ('volumes.update', 53, volumes.update_v353, {'name': 'n'}, 'volume',
           ['name', 'description', 'metadata', 'bogus'])
    yield ('snapshots.create', 0, snapshots.create, snapshot, 'snapshot',
           ['name', 'description', 'volume_id', 'force', 'metadata'])
    yield 'snapshots.update', 0, snapshots.update, {'name': 'n'}, 'snapshot', ['name', 'description']
    for name, schema in (('snapshots.metadata', snapshot_metadata.create), ('volumes.metadata', volume_metadata.create)):
        yield name, 0, schema, pair, 'metadata', ['a', 'é', 'x y', 'x/y']
        yield name, 0, schema, {}, None, ['metadata']
        item = snapshot_metadata.update if name.startswith('snap') else volume_metadata.update
        yield name + '_item', 0, item, pair, 'meta', ['a']
        yield name + '_item', 0, item, {}, None, ['meta']
    yield 'os-extend', 0, volume_actions.extend, {'new_size': 2}, 'os-extend', ['new_size']
    yield 'os-set_bootable', 0, volume_actions.set_bootable, {'bootable': True}, 'os-set_bootable', ['bootable']
    yield ('os-update_readonly_flag', 0, volume_actions.volume_readonly_update, {'readonly': True},
           'os-update_readonly_flag', ['readonly'])
    yield ('os-reset_status', 0, admin_actions.reset_status_volume, {'status': 'error'}, 'os-reset_status',
           ['status', 'attach_status', 'migration_status'])
    yield 'os-force_delete', 0, admin_actions.force_delete_volume, {}, 'os-force_delete', []
    yield ('os-set_image_metadata', 0, volume_image_metadata.set_image_metadata, {'metadata': pair},
           'os-set_image_metadata', ['metadata'])
    yield 'os-show_image_metadata', 0, volume_image_metadata.index, {}, 'os-show_image_metadata', []
    yield ('os-unset_image_metadata', 0, volume_image_metadata.unset_image_metadata, {'key': 'k'},
           'os-unset_image_metadata', ['key'])
    yield ('snapshot.os-reset_status', 0, admin_actions.reset_status_snapshot, {'status': 'error'},
           'os-reset_status', ['status'])
    yield ('os-update_snapshot_status', 0, snapshot_actions.update_snapshot_status, {'status': 'error'},
           'os-update_snapshot_status', ['status', 'progress'])
    yield ('types.create', 0, volume_types.create, {'name': 'n'}, 'volume_type',
           ['name', 'description', 'extra_specs', 'os-volume-type-access:is_public'])
    yield 'types.update', 0, volume_types.update, {'name': 'n'}, 'volume_type', ['name', 'is_public']
    yield 'types.extra_specs', 0, types_extra_specs.create, pair, 'extra_specs', ['a', 'a b']
    yield 'types.extra_specs', 0, types_extra_specs.create, {}, None, ['extra_specs']
    yield 'types.extra_spec', 0, types_extra_specs.update, {}, None, ['a', 'a b']
    for name, schema in (('add', volume_type_access.add_project_access),
                         ('remove', volume_type_access.remove_project_access)):
        yield f'types.{name}_access', 0, schema, {'project': 'p'}, f'{name}ProjectAccess', ['project']
    yield ('quotas.update', 0, quotas.update, {'volumes': 1}, 'quota_set',
           ['volumes', 'bogus', 'tenant_id', 'per_volume_gigabytes'])
    yield 'quotas.update', 0, quotas.update, {}, None, ['quota_set']
    yield ('quota_classes.update', 0, quota_classes.update_quota_class, {'volumes': 1}, 'quota_class_set',
           ['volumes', 'bogus'])
    yield 'quota_classes.update', 0, quota_classes.update_quota_class, {}, None, ['quota_class_set']
    yield ('services.enable', 0, services.enable_and_disable, service, None,
           ['binary', 'host', 'cluster', 'service', 'zz'])
    yield 'services.enable', 0, services.enable_and_disable, {}, None, ['host']
    yield 'services.disable_log_reason', 0, services.disable_log_reason, service, None, ['disabled_reason']
    yield 'services.freeze', 0, services.freeze_and_thaw, {'host': 'h'}, None, ['cluster', 'zz']
    yield 'services.set_log', 32, services.set_log, {'level': 'INFO'}, None, ['binary', 'server', 'level', 'zz']
    yield 'hosts.update', 0, hosts.update, {}, None, ['status']


def bodies(valid, key, varied):
    """Bodies, each with the key whose value was varied."""
    whole = {key: valid} if key else valid
    for body in (None, [], 'x', 1, {}, whole, dict(whole, zz=1), dict(whole, zz=1, aa='q')):
        yield None, body
    if key:
        for inner in (None, [], 'x', {}, dict(valid, bogus=1), dict(valid, bogus=1, another={'x': None})):
            yield None, {key: inner}
    for name in varied:
        for value in VALUES:
            inner = dict(copy.deepcopy(valid), **{name: value})
            yield name, ({key: inner} if key else inner)


def refusal(schema, body):
    """What the schema says to the body; false for an accident."""
    import webob.exc
    from cinder import exception
    from cinder.api.validation import parameter_types, validators
    try:
        validators._SchemaValidator(schema).validate(copy.deepcopy(body))
        return None
    except exception.CinderException as error:
        said = str(error)
    except webob.exc.HTTPException as error:
        said = str(error.explanation)
    except (AttributeError, TypeError, UnicodeDecodeError):
        return False
    said = said.replace(repr(parameter_types.valid_description_regex), repr(PRINTABLE))
    return False if 'subscriptable' in said or 'unhashable' in said or 'int() arg' in said else said


def record_requests(file, planned):
    lines, kept = [], {}
    for name, minor, schema, valid, key, varied in planned:
        is_action = key and (key in NAMED or key.startswith('os-') or key.endswith('ProjectAccess'))
        for field, body in bodies(valid, key, varied):
            if is_action and not (isinstance(body, dict) and list(body) == [key]):
                continue  # does not reach the schema
            says = refusal(schema, body)
            if says is False:
                continue
            value = (body[key] if key else body)[field] if field else None
            answer = next((words for words in ANSWERS if words in (says or '')), (says or '')[:60])
            kind = (name, minor, field, answer, type(value).__name__)
            kept[kind] = kept.get(kind, 0) + 1
            if field and (name, field) not in THOROUGH and kept[kind] > 2:
                continue
            line = {'to': name, 'at': minor, 'body': body, 'says': says}
            if name == 'hints':
                if not isinstance(body, dict) or 'zz' in body:
                    continue
                line.update(to='volumes.create', body=dict({'volume': {'size': 1}}, **body))
            if line not in lines[-400:]:
                lines.append(line)
    write(file, lines)


# Queries -------------------------------------------------------------------------------------------------------

QUERIES = [
    'limit=-1', 'limit=x', 'limit=', 'limit=0', 'limit=99999', 'offset=-1', 'offset=x', 'offset=99999999999',
    'offset=1', 'offset=', 'sort=zz', 'sort=name:zz', 'sort=name:asc,size:desc', 'sort=name,', 'sort=',
    'sort=%20name%20:%20asc%20', 'sort=name:', 'sort=name:ASC', 'sort_key=zz', 'sort_key=name&sort_dir=asc',
    'sort_dir=asc', 'sort_dir=zz', 'sort=name&sort_key=size', 'sort=name&sort_dir=asc', 'sort=metadata',
    'sort=display_name', 'sort=volume_type_id:asc', 'sort=name_id', 'sort=host', 'sort=description',
    'sort=display_description', 'sort=attachments', 'sort=id:asc', 'sort=bootable:asc', 'sort=volume_size',
    'sort=size', 'sort=is_public:asc', 'sort=event_id:asc', 'with_count=zz', 'with_count=true', 'with_count=',
    'all_tenants=zz', 'all_tenants=1', 'all_tenants=', 'zz=1', 'zz=1&yy=2', 'name~=n', 'name=n', 'display_name=n',
    'description=x', 'bootable=true', 'bootable=zz', 'bootable=', 'bootable=0', 'multiattach=true',
    'consumes_quota=true', 'consumes_quota=zz', 'use_quota=true', "metadata={'a':'b'}", 'metadata=zz',
    "metadata={'a':1}", "glance_metadata={'image_id':'x'}", 'size=1', 'size=zz', 'size=[1,2]', 'volume_size=1',
    "status=['available','error']", 'status=available', 'status=None', 'status~=avail', 'availability_zone=nova',
    'migration_status=None', 'created_at=gt:2020-01-01', 'created_at=2020', 'created_at=gt:', 'created_at=zz:2020',
    'created_at=gt:2020-01-01T00:00:00Z,lt:2030-01-01T10:11:12', 'created_at=gt:nope', 'created_at=',
    'updated_at=eq:2020-01-01T00:00:00%2B01:00', 'host=h@b', 'project_id=p', 'group_id=x', 'id=x', 'user_id=u',
    'volume_id=x', 'volume_id~=x', '%ff=1', 'name=%ff', 'name=%C3%BC', '%C3%BC=1', 'a%20b=1',
    'no_migration_targets=1', 'deleted=1', 'attach_status=detached', 'limit=1;offset=1', 'name', '&&', 'name=%00',
    'size~=1', 'name~=%25', 'is_public=None', 'is_public=zz', 'is_public=1', 'is_public=', "extra_specs={'a':'b'}",
    'resource_type=VOLUME', 'resource_type~=V', 'message_level=ERROR', 'request_id=x', 'detail=zz', 'detail=1',
    'detail=', 'name=x&detail=0', 'volume_type=x', 'capabilities=x',
]
LISTS = ('volumes', 'snapshots', 'types', 'messages', 'scheduler-stats/get_pools')


def record_queries(api):
    answers = {}
    for path in LISTS:
        is_pools = path.startswith('scheduler')
        for query in QUERIES:
            for admin in (True,) if is_pools else (True, False):
                for minor in (0, 5, 22, 29, 31, 34, 45, 52, 71):
                    if path == 'messages' and minor == 0:
                        continue
                    reply = call(api, 'GET', f'/{path}?{query}', minor=minor, admin=admin)
                    # Pools come from a scheduler that does not answer; everything else of status 500 is an accident.
                    if reply.status_int == 500 and not is_pools:
                        continue
                    says = json.loads(reply.body)['badRequest']['message'] if reply.status_int == 400 else None
                    answers.setdefault((path.split('/')[-1], admin, query, says), []).append(minor)
    write('queries.jsonl', [
        {'list': name, 'admin': admin, 'query': query, 'at': minors, 'says': says}
        for (name, admin, query, says), minors in answers.items()])


# Replies -------------------------------------------------------------------------------------------------------

FIRST, SECOND = '2026-11-20 18:40:32.356813', '2026-11-20 18:40:33.000007'


def number(digit):
    digit = str(digit)
    return f'{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}'


def sql(statement, *values):
    connection = sqlite3.connect(DATABASE)
    rows = connection.execute(statement, values).fetchall()
    connection.commit()
    connection.close()
    return rows


def make_rows(api):
    """A new volume, one with everything that a volume can have, a snapshot, types, services, a message."""
    import datetime
    from cinder import context, objects
    from cinder.db import api as db
    admin = context.get_admin_context()
    sql("update volume_types set id=?, created_at=?, updated_at=?", number(4), FIRST, SECOND)
    for binary, host, more in (
            ('cinder-volume', 'node@local', {'uuid': number(7)}), ('cinder-scheduler', 'node', {}),
            ('cinder-backup', 'gone', {'disabled': True, 'disabled_reason': 'rack move'})):
        zone = 'az2' if host == 'gone' else 'nova'
        objects.Service(admin, host=host, binary=binary, topic=binary, availability_zone=zone, report_count=1,
                        rpc_current_version='3.19', object_current_version='1.39', **more).create()

    def create(path, key, body):
        return json.loads(call(api, 'POST', path, {key: body}, 71).body)[key]['id']

    new = create('/volumes', 'volume', {'size': 1})
    full = create('/volumes', 'volume', {'size': 20, 'name': 'disk "1"', 'description': 'two\nlines',
                                         'metadata': {'a': 'é"', 'k': 'v'}})
    sql('update volumes set id=?, created_at=?, updated_at=null, status=?, host=? where id=?',
        number(1), FIRST, 'available', 'node@local#pool', new)
    sql('update volume_metadata set volume_id=? where volume_id=?', number(2), full)
    sql("update volumes set id=?, created_at=?, updated_at=?, launched_at=?, host='node@local#pool', "
        "status='error_managing', bootable=1, multiattach=1, migration_status='success', snapshot_id=?, "
        "source_volid=?, provider_id='p-1', service_uuid=?, shared_targets=null, use_quota=0, "
        "availability_zone='az2' where id=?",
        number(2), SECOND, SECOND, SECOND, number(3), number(1), number(7), full)
    sql("insert into volume_admin_metadata (created_at, deleted, volume_id, key, value) values (?, 0, ?, ?, ?)",
        FIRST, number(2), 'readonly', 'True')
    db.volume_glance_metadata_create(admin, number(2), 'container_format', 'bare')
    db.volume_glance_metadata_create(admin, number(2), 'image_id', 'img')
    snapshot = create('/snapshots', 'snapshot', {'volume_id': number(1), 'name': 'snap', 'description': 'd',
                                                 'metadata': {'k': 'v'}})
    sql("update snapshots set id=?, created_at=?, updated_at=?, progress='100%', status='available' where id=?",
        number(3), FIRST, SECOND, snapshot)
    sql('update snapshot_metadata set snapshot_id=?', number(3))
    sql("update volumes set host=null, status='creating' where id=?", number(1))
    private = create('/types', 'volume_type', {
        'name': 'fast', 'description': 'd', 'extra_specs': {'a': 'b', 'multiattach': '<is> True'},
        'os-volume-type-access:is_public': False})
    sql("update volume_types set id=?, created_at=?, updated_at=null where id=?", number(5), SECOND, private)
    sql('update volume_type_extra_specs set volume_type_id=?', number(5))
    call(api, 'POST', f'/types/{number(5)}/action', {'addProjectAccess': {'project': PROJECT}})
    sql('update services set created_at=?, updated_at=?', FIRST, SECOND)
    db.message_create(admin, {
        'id': number(6), 'project_id': PROJECT, 'message_level': 'ERROR', 'request_id': 'req-1',
        'resource_type': 'VOLUME', 'resource_uuid': number(1), 'event_id': 'VOLUME_VOLUME_001_002',
        'action_id': '001', 'detail_id': '002', 'expires_at': datetime.datetime(2026, 12, 20, 18, 40, 32)})
    sql('update messages set created_at=?', FIRST)


def record_replies(api):
    make_rows(api)
    lines = []

    def ask(what, path, minor=0, admin=True, method='GET', body=None):
        reply = call(api, method, path, body, minor, admin)
        if reply.status_int != 200:
            sys.exit(f'{what} 3.{minor}: {reply.status_int} {reply.text}')
        text = json.dumps(json.loads(reply.body), ensure_ascii=False, separators=(',', ':'))
        lines.append({'what': what, 'at': minor, 'admin': admin, 'reply': text})

    full, snapshot, private = f'/volumes/{number(2)}', f'/snapshots/{number(3)}', f'/types/{number(5)}'
    for minor in (0, 12, 13, 20, 21, 47, 48, 60, 61, 62, 63, 64, 65, 68, 69, 71):
        ask('volume', full, minor)
        ask('volume', full, minor, False)
    ask('volume new', f'/volumes/{number(1)}', 71, False)
    for minor, count in ((0, ''), (45, '&with_count=1')):
        ask('volumes page', f'/volumes?limit=1&sort=size:asc{count}', minor)
        ask('volumes detail page', f'/volumes/detail?limit=1&sort=size:asc{count}', minor, False)
    ask('volumes', '/volumes?sort=size:asc', 71)
    ask('volumes without project', '/v3/volumes?sort=size:asc&limit=1', 71)
    ask('volumes detail', '/volumes/detail?sort=size:asc', 71)
    ask('no volumes', '/volumes?name=nothing', 71)
    ask('summary', '/volumes/summary', 12)
    ask('summary', '/volumes/summary', 36)
    for minor in (0, 13, 14, 40, 41, 64, 65, 71):
        ask('snapshot', snapshot, minor)
    ask('snapshots', '/snapshots?limit=1&with_count=true', 71)
    ask('snapshots detail', '/snapshots/detail', 71)
    ask('type', private)
    ask('type', private, 0, False)
    ask('types', '/types?is_public=None&limit=2&sort=name:asc')
    ask('default type', '/types/default')
    ask('extra specs', f'{private}/extra_specs')
    ask('extra specs', f'{private}/extra_specs', 0, False)
    ask('extra spec', f'{private}/extra_specs/a')
    ask('type access', f'{private}/os-volume-type-access')
    ask('services', '/os-services')
    ask('services', '/os-services', 7)
    ask('hosts', '/os-hosts')
    ask('zones', '/os-availability-zone')
    ask('limits', '/limits')
    ask('quotas', f'/os-quota-sets/{PROJECT}')
    ask('quota usage', f'/os-quota-sets/{PROJECT}?usage=true')
    ask('quota class', '/os-quota-class-sets/default')
    ask('messages', '/messages?limit=1', 5)
    ask('message', f'/messages/{number(6)}', 5)
    ask('metadata', f'{full}/metadata')
    ask('metadata item', f'{full}/metadata/k')
    ask('filters', '/resource_filters?resource=group', 33)
    ask('versions', '/v3/')
    ask('snapshot updated', snapshot, 71, True, 'PUT', {'snapshot': {'name': 'snap'}})
    ask('type updated', private, 0, True, 'PUT', {'volume_type': {'description': 'd'}})
    ask('quotas updated', f'/os-quota-sets/{PROJECT}', 0, True, 'PUT', {'quota_set': {'volumes': 11}})
    ask('service enabled', '/os-services/enable', 0, True, 'PUT', {'host': 'node', 'binary': 'cinder-scheduler'})
    ask('service disabled', '/os-services/disable-log-reason', 0, True, 'PUT',
        {'host': 'node', 'service': 'cinder-scheduler', 'disabled_reason': 'why'})
    ask('volume updated', full, 71, True, 'PUT', {'volume': {'name': 'disk "1"'}})
    write('replies.jsonl', lines)


if __name__ == '__main__':
    api = start()
    record_requests('requests.jsonl', plans())
    record_requests('requests_of_others.jsonl', others.plans())
    record_queries(api)
    record_replies(api)
