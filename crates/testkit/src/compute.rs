//! A compute service that keeps what it is told, longer than any process lives.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use model::{AttachStatus, Attachment, Volume, VolumeId};
use operations::volume::{extend, migrate_completion};
use operations::{Backends, Desk, Refused, attachment};
use ports::chaos::Faults;
use ports::copy::{Target, copy};
use ports::volume::Access;
use ports::{Compute, ComputeError, ComputeEvent, Whereabouts, Work};
use tokio::runtime::Handle;

use crate::attaching::{LOOK, SERVER, host};
use crate::client::requester;
use crate::content;

/// What was told: the event, the servers, the volume.
pub type Told = (&'static str, Vec<String>, String);

/// What the service says when it was told that a volume is to grow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Word {
    /// The host of the server has grown it.
    #[default]
    Grown,
    /// It could not.
    Failed,
    /// Nothing.
    Silence,
}

/// The part that outlives processes.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ear {
    told: Arc<Mutex<Vec<Told>>>,
    copies_in_vain: Arc<AtomicBool>,
    denies: Arc<AtomicBool>,
    growth: Arc<Mutex<Word>>,
}

impl Ear {
    /// One of its own that knows the same.
    pub(crate) fn copy(&self) -> Self {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Self {
            told: Arc::new(Mutex::new(told)),
            copies_in_vain: Arc::new(self.copies_in_vain.load(Ordering::Relaxed).into()),
            denies: Arc::new(self.denies.load(Ordering::Relaxed).into()),
            growth: Arc::new(Mutex::new(self.word_of_growth())),
        }
    }

    /// Has every copy of a volume fail from now on.
    pub(crate) fn copy_in_vain(&self) {
        self.copies_in_vain.store(true, Ordering::Relaxed);
    }

    /// Has every copy be said to be refused from now on, though it is made.
    pub(crate) fn deny(&self) {
        self.denies.store(true, Ordering::Relaxed);
    }

    /// Has it say this of every growth from now on.
    pub(crate) fn say_of_growth(&self, word: Word) {
        *self.growth.lock().unwrap_or_else(PoisonError::into_inner) = word;
    }

    fn word_of_growth(&self) -> Word {
        *self.growth.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The service as one process sees it: with a point before and after it listens. The names of the points are none of a
/// driver's, so that no sweep of broken drivers breaks it for ever.
pub(crate) struct Listening {
    pub(crate) ear: Ear,
    pub(crate) faults: Faults,
    /// Not its own: what it works with asks the service in turn.
    pub(crate) swaps: Arc<OnceLock<Weak<Swapper>>>,
}

/// How a server is made to use another volume.
pub(crate) struct Swapper {
    pub(crate) desk: Desk,
    pub(crate) backends: Arc<Backends>,
    pub(crate) runtime: Handle,
    pub(crate) faults: Faults,
    /// Who is asked again meanwhile does not begin anew.
    pub(crate) turn: Mutex<()>,
}

impl Swapper {
    /// Everything that Nova does, going on with what was begun before.
    fn swap(&self, (old, new): (VolumeId, VolumeId), in_vain: bool) -> Result<(), ComputeError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let who = requester();
        let Some((from, to)) = self.read(old)?.zip(self.read(new)?) else { return Ok(()) };
        let here = self.attachments(old)?;
        let is_copied = !in_vain && self.copy_to(&here, &from, &to)?;
        let unused = if is_copied { here } else { self.attachments(new)? };
        let service = attachment::Detacher { is_service: true };
        for left in unused {
            // Whether the storage lets it out or not.
            self.ask(attachment::delete(&self.desk, &who, service, left.id))?;
        }
        self.ask(migrate_completion::accept(&self.desk, &who, old, new, !is_copied)).map(drop)
    }

    /// Says whether a volume has grown. Where nobody waits for that, it is refused, which Nova takes as it is.
    fn grow(&self, volume: VolumeId, word: Word) -> Result<(), ComputeError> {
        if word == Word::Silence {
            return Ok(());
        }
        let has_grown = word == Word::Grown;
        self.ask(extend::complete(&self.desk, &requester(), volume, has_grown)).map(drop)
    }

    /// Attaches the volume `to` and copies; false when that cannot be done.
    fn copy_to(&self, here: &[Attachment], from: &Volume, to: &Volume) -> Result<bool, ComputeError> {
        let who = requester();
        if self.attachments(to.id)?.is_empty() {
            let asked = attachment::Create {
                volume_id: to.id,
                instance_uuid: Some(SERVER.to_owned()),
                connector: None,
                mode: None,
                no_bootable_multiattach: None,
            };
            self.ask(attachment::create(&self.desk, &who, asked))?;
        }
        let connector = here.first().and_then(|it| it.connector.clone()).unwrap_or_else(|| host("h"));
        let is_in = |made: &Attachment| made.status == AttachStatus::Attached;
        for made in self.attachments(to.id)?.into_iter().filter(|made| !is_in(made)) {
            // What was begun before may still be under way.
            while self.ask(attachment::update(&self.desk, &who, made.id, connector.clone()))?.is_none() {
                let mut now = self.attachments(to.id)?.into_iter().filter(|it| it.id == made.id);
                if now.next().is_none_or(|now| now.status == AttachStatus::ErrorAttaching) {
                    return Ok(false);
                }
                std::thread::sleep(LOOK);
            }
        }
        // What fails once may pass.
        if self.copy(from, to).or_else(|_| self.copy(from, to)).is_err() {
            return Ok(false);
        }
        for made in self.attachments(to.id)? {
            self.ask(attachment::complete(&self.desk, &who, made.id))?;
        }
        Ok(true)
    }

    fn copy(&self, from: &Volume, to: &Volume) -> Result<(), String> {
        let read = content::open_on(&self.backends, from, Access::Read)?;
        let written = content::open_on(&self.backends, to, Access::Write)?;
        copy(&*read, &*written, Target::Blank, &Work::new()).map(drop).map_err(|error| error.to_string())
    }

    fn read(&self, id: VolumeId) -> Result<Option<Volume>, ComputeError> {
        let read = self.desk.store.read(move |conn| store::volumes::get(conn, id));
        self.runtime.block_on(read).map_err(|error| ComputeError::Unavailable(error.chain()))
    }

    fn attachments(&self, id: VolumeId) -> Result<Vec<Attachment>, ComputeError> {
        let read = self.desk.store.read(move |conn| store::attachments::of_volume(conn, id));
        self.runtime.block_on(read).map_err(|error| ComputeError::Unavailable(error.chain()))
    }

    /// What is answered; none when it is refused.
    fn ask<T>(&self, request: impl Future<Output = Result<T, Refused>>) -> Result<Option<T>, ComputeError> {
        let died = async {
            while !self.faults.is_crashed() {
                tokio::time::sleep(LOOK).await;
            }
        };
        let answered = self.runtime.block_on(async {
            tokio::select! {
                biased;
                answered = request => Some(answered),
                () = died => None,
            }
        });
        match answered.filter(|_| !self.faults.is_crashed()) {
            Some(Ok(answer)) => Ok(Some(answer)),
            Some(Err(Refused::Refusal(_))) => Ok(None),
            Some(Err(Refused::Store(error))) => Err(ComputeError::Unavailable(error.chain())),
            None => Err(ComputeError::Unavailable("the process is dead".to_owned())),
        }
    }
}

impl Listening {
    fn point(&self, name: &'static str) -> Result<(), ComputeError> {
        self.faults.point(name).map_err(|injected| ComputeError::Unavailable(injected.to_string()))
    }
}

impl Compute for Listening {
    fn attachment_of(&self, _server: &str, _volume: &str) -> Result<Option<String>, ComputeError> {
        Ok(None)
    }

    fn whereabouts_of(&self, _server: &str) -> Result<Whereabouts, ComputeError> {
        Ok(Whereabouts::Hidden)
    }

    fn swap_volume(&self, _server: &str, old: &str, new: &str) -> Result<(), ComputeError> {
        self.point("store.compute.swap.before")?;
        let Some(swapper) = self.swaps.get().and_then(Weak::upgrade) else {
            return Err(ComputeError::Unavailable("the process has not begun".to_owned()));
        };
        let both = (old.parse().expect("a volume"), new.parse().expect("a volume"));
        swapper.swap(both, self.ear.copies_in_vain.load(Ordering::Relaxed))?;
        if self.ear.denies.load(Ordering::Relaxed) {
            return Err(ComputeError::Refused { status: 400 });
        }
        self.point("store.compute.swap.after")
    }

    fn tell(&self, event: ComputeEvent, servers: &[String], volume: &str) -> Result<(), ComputeError> {
        self.point("store.compute.tell.before")?;
        let told = (event.name(), servers.to_vec(), volume.to_owned());
        self.ear.told.lock().unwrap_or_else(PoisonError::into_inner).push(told);
        let swapper = self.swaps.get().and_then(Weak::upgrade);
        if let (ComputeEvent::VolumeExtended, Some(swapper)) = (event, swapper) {
            swapper.grow(volume.parse().expect("a volume"), self.ear.word_of_growth())?;
        }
        self.point("store.compute.tell.after")
    }
}
