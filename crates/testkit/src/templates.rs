//! Templates: requests about them, and what is in their generations.

use std::io;

use model::{Base, BaseStatus, Desktop, Generation, ImageId, Template, TemplateId, VolumeId};
use operations::template::roll_out::Which;
use operations::template::{create, delete, desktop, prune, reset, roll_out, save};
use operations::volume::flatten;
use operations::{Refused, volume};
use ports::volume::{BaseRef, Disk};

use crate::Process;
use crate::client::requester;

/// Each accepts a request, or says why not; none waits for more than that.
#[allow(missing_docs, clippy::missing_errors_doc, reason = "said above")]
impl Process {
    pub fn create_template(&self, request: create::Create) -> Result<Template, Refused> {
        self.run(create::accept(&self.desk, &requester(), request))
    }

    pub fn save_template(&self, id: TemplateId) -> Result<Generation, Refused> {
        self.run(save::accept(&self.desk, &requester(), id, None))
    }

    pub fn create_desktop(&self, id: TemplateId, request: desktop::Create) -> Result<VolumeId, Refused> {
        Ok(self.run(desktop::create(&self.desk, &requester(), id, request))?.0.volume_id)
    }

    pub fn reset_to(&self, id: VolumeId, number: Option<u64>) -> Result<u64, Refused> {
        self.run(reset::accept(&self.desk, &requester(), id, number))
    }

    pub fn flatten(&self, id: VolumeId) -> Result<(), Refused> {
        self.run(flatten::accept(&self.desk, &requester(), id))
    }

    pub fn start_desktop(&self, id: VolumeId) -> Result<Option<u64>, Refused> {
        self.run(reset::accept_start(&self.desk, &requester(), id))
    }

    pub fn roll_out(&self, id: TemplateId, number: u64, which: Which) -> Result<Vec<Desktop>, Refused> {
        self.run(roll_out::accept(&self.desk, &requester(), id, number, which))
    }

    pub fn prune(&self, id: TemplateId, number: u64) -> Result<(), Refused> {
        self.run(prune::accept(&self.desk, &requester(), id, number))
    }

    pub fn delete_template(&self, id: TemplateId) -> Result<(), Refused> {
        self.run(delete::accept(&self.desk, &requester(), id))
    }

    /// The only template.
    #[must_use]
    pub fn template(&self) -> Template {
        self.read(|conn| store::templates::list(conn, None)).pop().expect("a template")
    }

    /// Its generations.
    #[must_use]
    pub fn generations(&self) -> Vec<Generation> {
        let id = self.template().id;
        self.read(move |conn| store::templates::generations::of_template(conn, id))
    }

    /// The desktop that a volume is.
    #[must_use]
    pub fn desktop(&self, id: VolumeId) -> Desktop {
        self.read(move |conn| store::templates::desktop(conn, id)).expect("a desktop")
    }

    /// The bases of an image that are there.
    #[must_use]
    pub fn bases_of(&self, image: ImageId) -> Vec<Base> {
        self.bases().into_iter().filter(|it| it.image_id == image && it.status == BaseStatus::Ready).collect()
    }

    /// All of a base.
    #[must_use]
    pub fn content_of(&self, base: &Base) -> Vec<u8> {
        let wanted =
            BaseRef { id: base.id, size_gib: base.size_gib, pool: base.pool.clone(), parent: base.parent_id };
        let backend = self.backends.get(&base.backend).expect("a backend");
        let bases = backend.driver.bases().expect("a driver that keeps bases");
        all_of(&*bases.open_base(&wanted).expect("a base")).expect("a base that can be read")
    }

    /// All of a volume.
    #[must_use]
    pub fn content_of_volume(&self, id: VolumeId) -> Vec<u8> {
        let volume = self.volume(id).expect("a volume");
        let disk = crate::content::open(self, &volume, ports::volume::Access::Read).expect("a volume");
        all_of(&*disk).expect("a volume that can be read")
    }
}

/// Deletes every template, after its desktops and after those that were made from its generations.
pub(crate) fn raze(process: &Process) {
    for template in process.read(|conn| store::templates::list(conn, None)).into_iter().rev() {
        for desktop in process.read(move |conn| store::templates::desktops(conn, template.id)) {
            let options = volume::delete::Options { force: true, ..Default::default() };
            process.delete(desktop.volume_id, options).expect("a desktop that can be deleted");
        }
        process.settle();
        process.delete_template(template.id).expect("a template that can be deleted");
        process.settle();
    }
}

fn all_of(disk: &dyn Disk) -> io::Result<Vec<u8>> {
    let mut all = vec![0; usize::try_from(disk.size_bytes()).unwrap_or(0)];
    disk.read_at(&mut all, 0)?;
    Ok(all)
}
