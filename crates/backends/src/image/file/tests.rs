use std::os::unix::fs::symlink;

use ports::image::conformance::{Subject, suite};
use tempfile::TempDir;

use super::*;

struct Fresh {
    home: TempDir,
    store: FileImageStore,
}

fn fresh() -> Fresh {
    let home = TempDir::new().unwrap();
    let store = FileImageStore::new(home.path().join("deep/images"));
    Fresh { home, store }
}

impl Subject for Fresh {
    fn store(&self) -> &dyn ImageStore {
        &self.store
    }

    fn store_of_next_process(&self) -> Box<dyn ImageStore> {
        Box::new(self.store.clone())
    }

    fn plant_foreign(&self) -> io::Result<bool> {
        let directory = self.home.path().join("deep/images");
        fs::write(directory.join(".unfinished-notes"), b"somebody's")?;
        fs::write(directory.join(format!("{UNFINISHED}{}", ImageId::random())), b"somebody's")?;
        fs::create_dir(directory.join(format!("{UNFINISHED}{}-{}", ImageId::random(), ImageId::random())))?;
        Ok(true)
    }
}

#[test]
fn it_does_what_every_store_does() {
    suite(&|| Box::new(fresh())).unwrap();
}

#[test]
fn a_link_is_not_followed_and_a_pipe_not_waited_for() {
    let fresh = fresh();
    fresh.store.check().unwrap();
    let (link, pipe) = (ImageId::random(), ImageId::random());
    fs::write(fresh.home.path().join("precious"), b"precious").unwrap();
    symlink(fresh.home.path().join("precious"), fresh.store.file(link)).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, fresh.store.file(pipe), rustix::fs::FileType::Fifo, Mode::RUSR, 0)
        .unwrap();
    for id in [link, pipe] {
        assert!(matches!(fresh.store.open(id), Err(DriverError::Refused(_))));
    }
    // Putting an image takes the place of the link and leaves its target alone.
    let mut writer = fresh.store.begin(link).unwrap();
    writer.write(b"image").unwrap();
    writer.finish().unwrap();
    assert_eq!(fs::read(fresh.home.path().join("precious")).unwrap(), b"precious");
    assert_eq!(fresh.store.list().unwrap().len(), 1);
}

#[test]
fn an_image_lies_under_its_bare_identifier() {
    let fresh = fresh();
    fresh.store.check().unwrap();
    let id = ImageId::random();
    let mut writer = fresh.store.begin(id).unwrap();
    writer.write(b"image").unwrap();
    writer.finish().unwrap();
    let path = fresh.home.path().join("deep/images").join(id.to_string());
    assert_eq!(fs::read(&path).unwrap(), b"image");
    assert_eq!(fresh.store.url_of(id), format!("file://{}", path.display()));
}

#[test]
fn what_root_writes_is_of_the_one_whose_directory_it_is() {
    use std::os::unix::fs::{MetadataExt, chown};

    if !rustix::process::geteuid().is_root() {
        return skips::report("only root gives files away");
    }
    let fresh = fresh();
    fresh.store.check().unwrap();
    chown(&fresh.store.directory, Some(4711), Some(4712)).unwrap();
    let id = ImageId::random();
    let mut writer = fresh.store.begin(id).unwrap();
    writer.write(b"image").unwrap();
    writer.finish().unwrap();
    let found = fs::metadata(fresh.store.file(id)).unwrap();
    assert_eq!((found.uid(), found.gid()), (4711, 4712));
}
