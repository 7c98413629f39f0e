//! Images in real servers of object stores.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "the servers are programs of other people")]

#[path = "../../../backup/tests/remote/servers.rs"]
mod servers;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use backends::image::object::ObjectImageStore;
use config::Config;
use model::ImageId;
use ports::image::ImageStore;
use ports::image::conformance::{Subject, suite};

use servers::Server;

const MIB: usize = 1 << 20;

/// Which service.
#[derive(Clone, Copy)]
enum Kind {
    S3,
    Swift,
}

/// A bucket of its own.
struct Fresh {
    kind: Kind,
    at: SocketAddr,
    container: String,
    store: ObjectImageStore,
}

fn open(kind: Kind, at: SocketAddr, container: &str, makes: bool) -> ObjectImageStore {
    let options = match kind {
        Kind::S3 => format!(
            "s3_store_host = http://{at}\ns3_store_access_key = key\ns3_store_secret_key = secret\n\
             s3_store_bucket = {container}\ns3_store_create_bucket_on_put = {makes}\n\
             s3_store_large_object_size = 6\ns3_store_large_object_chunk_size = 5\n"
        ),
        Kind::Swift => format!(
            "swift_store_auth_address = http://{at}/auth/v1.0\nswift_store_auth_version = 1\n\
             swift_store_user = test:tester\nswift_store_key = testing\nswift_store_container = {container}\n\
             swift_store_create_container_on_put = {makes}\nswift_store_large_object_chunk_size = 2\n"
        ),
    };
    let mut config = Config::load::<PathBuf>(&[]).unwrap();
    config.overlay("test", format!("[place]\n{options}").as_bytes()).unwrap();
    match kind {
        Kind::S3 => ObjectImageStore::s3(&config.section("place")).unwrap(),
        Kind::Swift => ObjectImageStore::swift(&config.section("place")).unwrap(),
    }
}

fn fresh(kind: Kind, at: SocketAddr) -> Fresh {
    static MADE: AtomicUsize = AtomicUsize::new(0);
    let container = format!("images-{}", MADE.fetch_add(1, Ordering::Relaxed));
    let store = open(kind, at, &container, true);
    Fresh { kind, at, container, store }
}

/// What a server answers, headers and all.
fn ask(at: SocketAddr, path: &str, headers: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(at)?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {at}\r\n{headers}\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

impl Fresh {
    /// The parts that are there, of whatever image.
    fn parts(&self) -> io::Result<usize> {
        let Self { at, container, .. } = self;
        if let Kind::S3 = self.kind {
            let uploads = ask(*at, &format!("/{container}?uploads"), "")?;
            return Ok(uploads.matches("<UploadId>").count());
        }
        let login = ask(*at, "/auth/v1.0", "X-Auth-User: test:tester\r\nX-Auth-Key: testing\r\n")?;
        let header = |name: &str| {
            let line = login.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap_or_else(|| panic!("no {name} in {login}")).trim().to_owned()
        };
        let account = header("X-Storage-Url: ");
        let path = account.split_once(&at.to_string()).expect("an address there").1;
        let token = format!("X-Auth-Token: {}\r\n", header("X-Auth-Token: "));
        let listed = ask(*at, &format!("{path}/{container}"), &token)?;
        let names = listed.split("\r\n\r\n").nth(1).unwrap_or_default().lines();
        Ok(names.filter(|name| name.len() > 36).count())
    }
}

impl Subject for Fresh {
    fn store(&self) -> &dyn ImageStore {
        &self.store
    }

    fn store_of_next_process(&self) -> Box<dyn ImageStore> {
        Box::new(self.store.clone())
    }

    fn plant_foreign(&self) -> io::Result<bool> {
        Ok(false)
    }

    fn left_over(&self) -> io::Result<usize> {
        self.parts()
    }
}

/// Bytes that are alike nowhere.
fn content(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

fn put(store: &dyn ImageStore, id: ImageId, bytes: &[u8]) {
    let mut writer = store.begin(id).unwrap();
    bytes.chunks(MIB - 7).for_each(|part| writer.write(part).unwrap());
    assert_eq!(writer.finish().unwrap(), bytes.len() as u64);
}

fn assert_holds(store: &dyn ImageStore, id: ImageId, bytes: &[u8]) {
    let disk = store.open(id).unwrap();
    assert_eq!(disk.size_bytes(), bytes.len() as u64);
    let mut found = vec![0; bytes.len()];
    disk.read_at(&mut found, 0).unwrap();
    assert!(found == bytes, "other bytes");
    let mut part = [0; 4096];
    let at = bytes.len() / 2 + 13;
    disk.read_at(&mut part, at as u64).unwrap();
    assert_eq!(part, bytes[at..at + 4096]);
    assert!(disk.read_at(&mut part, bytes.len() as u64 - 1).is_err(), "read beyond the end");
}

/// Images of several parts, and attempts that come to nothing.
fn large(kind: Kind, at: SocketAddr) {
    let fresh = fresh(kind, at);
    let store = &fresh.store;
    let missing = open(kind, at, "nobodys", false).check().unwrap_err().to_string();
    assert!(missing.contains("nobodys"), "{missing}");
    store.check().unwrap();
    let (first, second) = (content(13 * MIB + 1, 1), content(10 * MIB, 2));
    let id = ImageId::random();
    put(store, id, &first);
    assert_holds(store, id, &first);
    put(store, id, &second);
    assert_holds(store, id, &second);
    let kept = fresh.parts().unwrap();
    let listed = store.list().unwrap();
    assert_eq!((listed[0].id, listed[0].size_bytes, listed.len()), (id, second.len() as u64, 1));
    // An attempt that is given up, one whose process is killed, and one that comes after it.
    let other = ImageId::random();
    let mut writer = store.begin(other).unwrap();
    writer.write(&first).unwrap();
    assert!(fresh.parts().unwrap() > kept);
    drop(writer);
    assert_eq!(fresh.parts().unwrap(), kept);
    for _ in 0..2 {
        let mut writer = store.begin(other).unwrap();
        writer.write(&first).unwrap();
        std::mem::forget(writer);
    }
    put(store, other, &second);
    assert_holds(store, other, &second);
    assert_eq!(fresh.parts().unwrap(), 2 * kept);
    for id in [id, other, other] {
        store.remove(id).unwrap();
    }
    assert_eq!((fresh.parts().unwrap(), store.list().unwrap()), (0, Vec::new()));
}

fn does_everything(kind: Kind, server: Result<Server, String>) {
    let server = match server {
        Ok(server) => server,
        Err(reason) => return skips::report(&reason),
    };
    suite(&|| Box::new(fresh(kind, server.at))).unwrap();
    large(kind, server.at);
}

#[test]
fn s3_keeps_images() {
    does_everything(Kind::S3, servers::moto());
}

#[test]
fn swift_keeps_images() {
    does_everything(Kind::Swift, servers::swift());
}
