//! What backups and restores hold in memory has a limit, whatever the volumes hold: seen at the process itself.

use std::fs::File;
use std::os::unix::fs::FileExt;

use blackbox::Serve;
use blackbox::disk::file_of;
use blackbox::process::{forget_peak, memory};
use serde_json::json;

/// What they may hold together.
const LIMIT_KIB: u64 = 256 << 10;
/// What the allocator keeps of what was given back.
const KEPT_KIB: u64 = 32 << 10;
/// Of bytes that do not shrink, in each of two: together more than twice the limit.
const NOISE_MIB: u64 = 300;

#[test]
fn backups_of_much_take_little_memory() {
    for format in ["besser", "cinder"] {
        let serve = Serve::new();
        let server = serve.config(&format!("[DEFAULT]\nbackup_format = {format}\n")).start();
        let demo = server.member();
        let volumes = [demo.make_volume(json!({"size": 1})), demo.make_volume(json!({"size": 1}))];
        for (seed, volume) in (1..).zip(&volumes) {
            let path = file_of(&server.volumes_dir(), volume);
            fill(&File::options().write(true).open(path).expect("a volume's file"), seed);
        }
        if !forget_peak(server.pid()) {
            return skips::report("the kernel does not let a process forget its peak");
        }
        let before = memory(server.pid()).expect("a running server");
        // Two at a time share the limit.
        let backups = volumes.each_ref().map(|volume| {
            let reply = demo.post("/backups", &json!({"backup": {"volume_id": volume}})).expect(202).json();
            reply["backup"]["id"].as_str().expect("a backup id").to_owned()
        });
        for backup in &backups {
            demo.await_status(&format!("/backups/{backup}"), "backup", "available");
        }
        let made = memory(server.pid()).expect("a running server");
        for (backup, volume) in backups.iter().zip(volumes.iter().rev()) {
            let body = json!({"restore": {"volume_id": volume}});
            demo.post(&format!("/backups/{backup}/restore"), &body).expect(202);
        }
        for (backup, volume) in backups.iter().zip(volumes.iter().rev()) {
            demo.await_status(&format!("/backups/{backup}"), "backup", "available");
            demo.await_status(&format!("/volumes/{volume}"), "volume", "available");
        }
        let restored = memory(server.pid()).expect("a running server");
        let mib = |kib: u64| kib >> 10;
        println!(
            "{format}: {} MiB at first, {} MiB after backups, {} MiB after restores",
            mib(before.resident_kib),
            mib(made.peak_kib),
            mib(restored.peak_kib)
        );
        let held_kib = made.peak_kib.max(restored.peak_kib) - before.resident_kib;
        assert!(held_kib < LIMIT_KIB + KEPT_KIB, "{format}: {} MiB", mib(held_kib));
    }
}

fn fill(volume: &File, seed: u64) {
    let mut state = seed;
    let mut piece = vec![0; 1 << 20];
    for number in 0..NOISE_MIB {
        for word in piece.chunks_mut(8) {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            word.copy_from_slice(&state.to_le_bytes()[..word.len()]);
        }
        volume.write_all_at(&piece, number << 20).expect("a writable volume");
    }
}
