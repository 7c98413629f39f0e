//! A program written with openstacksdk, unmodified.

use blackbox::clients;

#[test]
fn a_program_uses_the_whole_life_of_a_disk() {
    let Some((server, demo, _)) = clients::world() else { return };
    let said = demo.python(
        r#"
import openstack

cloud = openstack.connect()
storage = cloud.block_storage

def settled(thing):
    return storage.wait_for_status(thing, "available", failures=["error"], interval=0.1, wait=60)

disk = settled(storage.create_volume(name="sdk", size=1, metadata={"by": "sdk"}))
assert disk.metadata == {"by": "sdk"}, disk.metadata

storage.extend_volume(disk, 2)
disk = settled(storage.get_volume(disk))
assert disk.size == 2, disk

snapshot = settled(storage.create_snapshot(volume_id=disk.id, name="snap"))
copy = settled(storage.create_volume(snapshot_id=snapshot.id, size=2))
clone = settled(storage.create_volume(source_volume_id=disk.id, size=2))
assert {v.id for v in storage.volumes()} == {disk.id, copy.id, clone.id}
assert [s.id for s in storage.snapshots(volume_id=disk.id)] == [snapshot.id]

storage.update_volume(disk, name="renamed")
assert storage.find_volume("renamed").id == disk.id

storage.delete_snapshot(snapshot)
storage.wait_for_delete(snapshot, interval=0.1, wait=60)
for volume in (disk, copy, clone):
    storage.delete_volume(volume)
for volume in (disk, copy, clone):
    storage.wait_for_delete(volume, interval=0.1, wait=60)
print("done")
"#,
    );
    assert_eq!(said.trim(), "done");
    assert!(server.member().volumes().is_empty());
}

#[test]
fn the_cloud_layer_waits_by_itself() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let said = demo.python(
        r#"
import openstack

cloud = openstack.connect()
disk = cloud.create_volume(size=1, name="simple", wait=True, timeout=60)
assert cloud.get_volume("simple").status == "available"
snapshot = cloud.create_volume_snapshot(disk.id, wait=True, timeout=60)
assert cloud.delete_volume_snapshot(snapshot.id, wait=True, timeout=60)
assert cloud.delete_volume(disk.id, wait=True, timeout=60)
assert cloud.get_volume("simple") is None
print("done")
"#,
    );
    assert_eq!(said.trim(), "done");
}

#[test]
fn the_newest_microversion_is_negotiated() {
    let Some((_server, demo, _)) = clients::world() else { return };
    let said = demo.python(
        r#"
import openstack

session = openstack.connect().block_storage
data = session.get_endpoint_data()
print(data.min_microversion, data.max_microversion)
"#,
    );
    assert_eq!(said.trim(), "(3, 0) (3, 71)");
}
