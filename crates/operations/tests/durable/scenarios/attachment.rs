//! Attaching and detaching.

use model::{AttachStatus, Attachment, VolumeStatus};
use testkit::crash::{Ending, Scenario, Things};
use testkit::{Options, Process, host};

use super::{assert_written, status, written_volume};

const CONNECTS: &[&str] = &["attachment.connect"];
const DISCONNECTS: &[&str] = &["attachment.disconnect"];

/// Letting a host in to a volume of which nobody knew.
pub(crate) const CONNECT: Scenario = Scenario {
    name: "letting a host in",
    kinds: CONNECTS,
    options: Options::default,
    prepare: one_volume,
    act: |process, things| process.attach(things.volumes[0], Some(host("a"))).map(drop),
    ending: connected,
    steady: true,
    expected: Ending::Done,
    refused_once: |_| Ending::Failed,
};

/// The same to a volume that was promised.
pub(crate) const CONNECT_PROMISED: Scenario = Scenario {
    name: "letting a host in to what was promised",
    prepare: |process| {
        let things = one_volume(process);
        process.attach(things.volumes[0], None).expect("a promise");
        things
    },
    act: |process, things| process.connect(only(process, things).id, host("a")),
    ..CONNECT
};

/// The same when another host is in for the same attachment.
pub(crate) const CONNECT_ELSEWHERE: Scenario = Scenario {
    name: "letting a host in where another one was",
    prepare: |process| {
        let things = one_volume(process);
        process.attach(things.volumes[0], Some(host("b"))).expect("a connection");
        things
    },
    act: |process, things| process.connect(only(process, things).id, host("a")),
    ending: |process, things| {
        let attachment = only(process, things);
        let connector = attachment.connector.as_ref().and_then(|it| it.host().map(str::to_owned));
        match (attachment.status, connector.as_deref()) {
            (AttachStatus::Attaching, Some("b")) => Ending::Never,
            _ => connected(process, things),
        }
    },
    ..CONNECT
};

/// Exporting a volume anew that somebody uses.
pub(crate) const EXPORT: Scenario = Scenario {
    name: "exporting an attached volume anew",
    kinds: &["attachment.export"],
    prepare: |process| {
        let things = one_volume(process);
        let id = process.attach(things.volumes[0], Some(host("a"))).expect("a connection");
        process.complete(id).expect("complete");
        things
    },
    act: |process, things| {
        let backend = process.volume(things.volumes[0]).and_then(|volume| volume.host).expect("a backend");
        process.export_anew(model::service::backend_of(&backend))
    },
    ending: |process, things| {
        let volume = things.volumes[0];
        assert_eq!(status(process, volume), Some(VolumeStatus::InUse));
        assert_eq!(only(process, things).status, AttachStatus::Attached);
        assert_eq!(process.let_in(volume), ["a"]);
        let began = process.operations().iter().any(|operation| operation.kind == "attachment.export");
        match (began, process.told(&volume.to_string()).is_empty()) {
            (false, _) => Ending::Never,
            (true, true) => Ending::Done,
            (true, false) => Ending::Failed,
        }
    },
    ..CONNECT
};

/// Letting the only host out.
pub(crate) const DISCONNECT: Scenario = Scenario {
    name: "letting a host out",
    kinds: DISCONNECTS,
    prepare: |process| {
        let things = one_volume(process);
        let id = process.attach(things.volumes[0], Some(host("a"))).expect("a connection");
        process.complete(id).expect("complete");
        things
    },
    act: |process, things| process.detach(only(process, things).id),
    ending: |process, things| disconnected(process, things, VolumeStatus::Available),
    ..CONNECT
};

/// Letting one of two hosts out: the other one stays in.
pub(crate) const DISCONNECT_ONE_OF_TWO: Scenario = Scenario {
    name: "letting one of two hosts out",
    prepare: |process| {
        let things = one_volume(process);
        let volume = things.volumes[0];
        process.write(move |conn| conn.run("UPDATE volumes SET multiattach = 1", &[]).map(drop));
        for name in ["a", "b"] {
            let id = process.attach(volume, Some(host(name))).expect("a connection");
            process.complete(id).expect("complete");
        }
        things
    },
    act: |process, things| process.detach(process.attachments(things.volumes[0])[0].id),
    ending: |process, things| {
        let volume = things.volumes[0];
        let left = process.attachments(volume);
        let stays = left.last().expect("the second attachment");
        assert_eq!(stays.status, AttachStatus::Attached);
        assert_eq!(status(process, volume), Some(VolumeStatus::InUse));
        assert!(process.let_in(volume).contains(&"b".to_owned()), "the second host is out");
        match left.first().map(|first| first.status) {
            _ if left.len() == 1 => {
                assert_eq!(process.let_in(volume), ["b"]);
                Ending::Done
            }
            Some(AttachStatus::Attached) => Ending::Never,
            Some(AttachStatus::ErrorDetaching) => Ending::Failed,
            other => panic!("{other:?} is no way to end"),
        }
    },
    ..DISCONNECT
};

/// Letting a host in without an attachment.
pub(crate) const INITIALIZE: Scenario = Scenario {
    name: "initializing a connection",
    prepare: |process| {
        let things = one_volume(process);
        process.reserve(things.volumes[0]).expect("reserved");
        things
    },
    act: |process, things| process.initialize_connection(things.volumes[0], host("a")).map(drop),
    ending: |process, things| {
        let volume = things.volumes[0];
        assert_eq!(status(process, volume), Some(VolumeStatus::Attaching));
        match (process.let_in(volume).is_empty(), process.told(&volume.to_string()).is_empty()) {
            (false, _) => Ending::Done,
            (true, true) => Ending::Never,
            (true, false) => Ending::Failed,
        }
    },
    ..CONNECT
};

/// Letting it out again.
pub(crate) const TERMINATE: Scenario = Scenario {
    name: "terminating a connection",
    kinds: DISCONNECTS,
    prepare: |process| {
        let things = one_volume(process);
        process.reserve(things.volumes[0]).expect("reserved");
        process.initialize_connection(things.volumes[0], host("a")).expect("a connection");
        things
    },
    act: |process, things| process.terminate_connection(things.volumes[0], Some(host("a"))),
    ending: |process, things| {
        let volume = things.volumes[0];
        match status(process, volume) {
            Some(VolumeStatus::Available) => {
                assert!(process.let_in(volume).is_empty());
                Ending::Done
            }
            Some(VolumeStatus::Attaching) if process.told(&volume.to_string()).is_empty() => Ending::Never,
            Some(VolumeStatus::Attaching) => Ending::Failed,
            other => panic!("{other:?} is no way to end"),
        }
    },
    ..CONNECT
};

/// Detaching what was attached in the older way takes the export away.
pub(crate) const NOTE_DETACHED: Scenario = Scenario {
    name: "detaching in the older way",
    kinds: DISCONNECTS,
    prepare: |process| {
        let things = one_volume(process);
        let volume = things.volumes[0];
        process.reserve(volume).expect("reserved");
        process.initialize_connection(volume, host("a")).expect("a connection");
        process.note_attached(volume, "a").expect("attached");
        things
    },
    act: |process, things| process.note_detached(things.volumes[0]),
    ending: |process, things| disconnected(process, things, VolumeStatus::Available),
    ..CONNECT
};

fn one_volume(process: &Process) -> Things {
    Things { volumes: vec![written_volume(process, 1)], ..Things::default() }
}

fn only(process: &Process, things: &Things) -> Attachment {
    let [attachment] = process.attachments(things.volumes[0]).try_into().expect("one attachment");
    attachment
}

fn connected(process: &Process, things: &Things) -> Ending {
    let volume = things.volumes[0];
    assert_written(process, volume, 1);
    let attachments = process.attachments(volume);
    let [attachment] = attachments.as_slice() else {
        assert_eq!(status(process, volume), Some(VolumeStatus::Available));
        return Ending::Never;
    };
    let told = process.told(&volume.to_string());
    match (attachment.status, status(process, volume)) {
        (AttachStatus::Attaching, Some(VolumeStatus::Attaching)) => {
            let info = attachment.connection_info.as_ref().expect("what the host needs to know");
            assert_eq!(info.0["driver_volume_type"], "local");
            assert_eq!(attachment.attached_host.as_deref(), Some("a"));
            assert!(told.is_empty(), "told of a failure that was none: {told:?}");
            Ending::Done
        }
        (AttachStatus::ErrorAttaching, Some(VolumeStatus::Available)) => Ending::Failed,
        (AttachStatus::Reserved, Some(VolumeStatus::Reserved)) if attachment.connector.is_none() => {
            Ending::Never
        }
        other => panic!("{other:?} is no way to end"),
    }
}

fn disconnected(process: &Process, things: &Things, rested: VolumeStatus) -> Ending {
    let volume = things.volumes[0];
    assert_written(process, volume, 1);
    let attachments = process.attachments(volume);
    let [attachment] = attachments.as_slice() else {
        assert_eq!(status(process, volume), Some(rested));
        assert!(process.let_in(volume).is_empty());
        return Ending::Done;
    };
    assert_eq!(status(process, volume), Some(VolumeStatus::InUse));
    match attachment.status {
        AttachStatus::Attached => Ending::Never,
        AttachStatus::ErrorDetaching => Ending::Failed,
        status => panic!("{status} is no way to end"),
    }
}
