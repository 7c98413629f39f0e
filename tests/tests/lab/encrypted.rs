//! An encrypted volume: opened by the host with the key that the service keeps, and closed again.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use blackbox::people;
use serde_json::json;

use crate::host::{Host, size_bytes};
use crate::storage::{GROUP, Kind, Storage};
use crate::{hash, is_thorough, residue, run};

const GIB: u64 = 1 << 30;
/// More than what the containers take of a volume: their headers.
const HEADER_BYTES: u64 = 20 << 20;

#[test]
fn what_is_encrypted_is_opened_by_the_host_and_closed() {
    let Some(storage) = Storage::new(Kind::ThinLio) else { return };
    let (demo, host) = (storage.server.member(), Host::new(&storage.server));
    // Machines open the older format in the tests of hot-plug.
    let formats: &[&str] = if is_thorough() { &["luks", "luks2"] } else { &["luks2"] };
    for &format in formats {
        people::make_encrypted_type(&storage.server, format, format);
        let volume = demo.make_volume(json!({"size": 1, "volume_type": format}));
        let device = host.attach(&volume);
        assert_eq!(device, Path::new(&format!("/dev/mapper/besser-{volume}")));
        run("mkfs.ext4", &["-q", "-F", device.to_str().unwrap()]);
        let written = host.mounted(&device, |place| {
            let file = place.join("data");
            run("dd", &["if=/dev/urandom", &format!("of={}", file.display()), "bs=1M", "count=4"]);
            let said = host.fails(&["detach", &volume]);
            assert!(said.contains("is in use"), "{said}");

            let grow = json!({"os-extend": {"new_size": 2}});
            demo.at(Some("3.42")).post(&format!("/volumes/{volume}/action"), &grow).expect(202);
            demo.await_volume(&volume, "in-use");
            host.resize(&volume);
            let content = size_bytes(&device);
            assert!((2 * GIB - HEADER_BYTES..2 * GIB).contains(&content), "{content}");
            run("resize2fs", &[device.to_str().unwrap()]);
            hash(&file)
        });
        host.detach(&volume);
        assert_eq!(residue::of(&storage, &host, false), Vec::<String>::new());

        let raw = format!("{GROUP}/volume-{volume}");
        run("lvchange", &["--activate", "y", "--ignoreactivationskip", &raw]);
        let mut magic = [0; 6];
        File::open(format!("/dev/{raw}")).unwrap().read_exact(&mut magic).unwrap();
        assert_eq!(&magic, b"LUKS\xba\xbe");
        let device = host.attach(&volume);
        assert_eq!(host.mounted(&device, |place| hash(&place.join("data"))), written, "{format}");
        host.detach(&volume);
        demo.remove(&format!("/volumes/{volume}"));
    }
    assert_eq!(residue::of(&storage, &host, true), Vec::<String>::new());
}
