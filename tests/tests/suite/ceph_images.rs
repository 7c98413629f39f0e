//! Images in a real Ceph cluster, as a user of the service has them.

#[path = "../../../crates/backends/tests/support/ceph.rs"]
mod ceph;

use std::io::Write;
use std::net::TcpStream;
use std::path::Path;

use blackbox::disk::file_of;
use blackbox::random::Random;
use blackbox::wait::{self, PATIENCE};
use blackbox::{Images, Serve, Server, Session};
use serde_json::json;

use ceph::{Ceph, USER};

const MIB: usize = 1 << 20;
/// With a hole in the middle, and an end that is no multiple of anything.
const IMAGE_BYTES: usize = 13 * MIB + 17;

/// A service that keeps images in `cluster`, and beside it in files.
fn serve(cluster: &Ceph) -> Server {
    let serve = Serve::new();
    let config = format!(
        "[DEFAULT]\nenabled_backends = files\nenabled_import_methods = copy-image,glance-direct\n\
         [glance_store]\nenabled_backends = fast:rbd,slow:file\ndefault_backend = fast\n\
         [fast]\nrbd_store_ceph_conf = {}\nrbd_store_user = {USER}\nrbd_store_pool = images\n\
         [files]\nvolume_driver = cinder.volume.drivers.local.LocalFileDriver\nvolume_backend_name = files\n\
         image_format = raw\nmount_point = {}\n",
        cluster.conf().display(),
        serve.side_dir("files").display()
    );
    serve.config(&config).start()
}

fn content() -> Vec<u8> {
    let mut random = Random::new(11);
    let mut bytes: Vec<u8> = (0..IMAGE_BYTES).map(|_| random.bits().to_le_bytes()[5]).collect();
    bytes[3 * MIB..9 * MIB].fill(0);
    bytes
}

fn in_ceph(cluster: &Ceph) -> String {
    cluster.ask("rbd", &["ls", "images"]).expect("a pool that can be listed")
}

/// Begins to upload an image, and sends half of what was announced.
fn half_an_upload(server: &Server, session: &Session, id: &str) -> TcpStream {
    let port = server.ports()[2];
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("a service that listens");
    let token = &session.token;
    write!(
        stream,
        "PUT /v2/images/{id}/file HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Auth-Token: {token}\r\n\
         Content-Type: application/octet-stream\r\nContent-Length: {IMAGE_BYTES}\r\n\r\n"
    )
    .expect("a request that can be sent");
    stream.write_all(&content()[..IMAGE_BYTES / 2]).expect("half of an image that can be sent");
    stream
}

/// A cluster that QEMU has a client of, or why there is none.
fn start() -> Result<Ceph, String> {
    if !Path::new("/usr/lib/x86_64-linux-gnu/qemu/block-rbd.so").exists() {
        return Err("qemu has no client of Ceph".to_owned());
    }
    Ceph::start(&["images"])
}

#[test]
fn images_live_in_ceph_from_their_upload_to_their_end() {
    let cluster = match start() {
        Ok(cluster) => cluster,
        Err(why) => return skips::report(&why),
    };
    let mut server = serve(&cluster);
    let admin = server.admin();
    let images = Images::of(&server, &admin);
    let bytes = content();

    // Up and down, whole and in part.
    let id = images.upload("raw", "bare", &bytes);
    let record = images.show(&id);
    assert_eq!((record["status"].as_str(), record["stores"].as_str()), (Some("active"), Some("fast")));
    assert_eq!(in_ceph(&cluster), id);
    assert!(images.download(&id) == bytes, "other bytes");
    let url = format!("http://127.0.0.1:{}/v2/images/{id}/file", server.ports()[2]);
    let part = admin.request("GET", &url).header("range", "bytes=3145720-3145735").send().expect("an answer");
    assert_eq!(part.expect(206).body, bytes[3_145_720..3_145_736]);

    // A volume is made of it, and a copy elsewhere.
    let volume = admin.make_volume(json!({"size": 1, "imageRef": id}));
    let file = std::fs::read(file_of(&server.side_dir("files"), &volume)).expect("the volume's file");
    assert!(file[..IMAGE_BYTES] == bytes && file[IMAGE_BYTES..].iter().all(|byte| *byte == 0));
    let copy = json!({"method": {"name": "copy-image"}, "stores": ["slow"]});
    admin.post(&format!("{}/import", url.trim_end_matches("/file")), &copy).expect(202);
    assert_eq!(images.await_import(&id)["status"], "success");

    // Cut off by the client, and by the end of the process: the image takes data, and nothing is left of what had come.
    let cut = images.create("raw", "bare");
    let takes_data = |images: &Images| (images.show(&cut)["status"] == "queued").then_some(());
    let is_saving = |images: &Images| (images.show(&cut)["status"] == "saving").then_some(());
    drop(half_an_upload(&server, &admin, &cut));
    wait::until(PATIENCE, "the image takes data again", || takes_data(&images));
    assert_eq!(in_ceph(&cluster), id);
    let _open = half_an_upload(&server, &admin, &cut);
    wait::until(PATIENCE, "data come", || is_saving(&images));
    server.kill();
    server.start_again();
    let admin = server.admin();
    let images = Images::of(&server, &admin);
    wait::until(PATIENCE, "the image takes data again", || takes_data(&images));
    assert_eq!(in_ceph(&cluster), id);
    images.put(&cut, &bytes).expect(204);
    assert!(images.download(&cut) == bytes, "other bytes");

    images.remove(&id);
    images.remove(&cut);
    wait::until(PATIENCE, "nothing is left in Ceph", || in_ceph(&cluster).is_empty().then_some(()));
}
