//! A disk as a hypervisor opens it: layers of images, and the place where each lies.

use std::fmt;
use std::path::{Path, PathBuf};

use model::secret::Secret;

/// Most layers of images, the top one included.
pub const MAX_LAYERS: usize = 32;

/// A disk.
#[derive(Debug, Clone)]
pub struct Disk {
    /// The image that the guest sees; never probed.
    pub image: Image,
    /// What lies below it, the next one first. An image names what it lies on, but it is this list that is opened;
    /// names that disagree with it are refused.
    pub backing: Vec<Image>,
    /// What opens the encryption of the content, when QEMU is to do that.
    pub passphrase: Option<Passphrase>,
}

/// One layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Where it lies.
    pub place: Place,
    /// What it is.
    pub format: Format,
}

/// What an image is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The content, byte for byte.
    Raw,
    /// QEMU's own format.
    Qcow2,
}

impl Format {
    /// The format called `name` by drivers, libvirt and QEMU.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Raw, Self::Qcow2].into_iter().find(|format| format.name() == name)
    }

    /// What drivers, libvirt and QEMU call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Qcow2 => "qcow2",
        }
    }
}

/// Where an image lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// In a file of this host.
    File(PathBuf),
    /// On a block device of this host.
    Block(PathBuf),
    /// Behind an iSCSI target, to which the hypervisor connects by itself.
    Iscsi(Iscsi),
    /// Behind a server of network block devices.
    Nbd(Nbd),
    /// In a Ceph cluster.
    Rbd(Rbd),
    /// In a file of an NFS server, version 3, without a mount.
    Nfs {
        /// The server.
        host: String,
        /// The path on it, export and file.
        path: String,
    },
    /// In a file of a GlusterFS volume, without a mount.
    Gluster {
        /// A server of the volume.
        host: String,
        /// The volume.
        volume: String,
        /// The file in it.
        path: String,
    },
}

impl Place {
    /// A path of this host, as a file or as a block device.
    ///
    /// # Errors
    /// Nothing is there, or something else.
    pub fn local(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::FileTypeExt;
        let kind = std::fs::metadata(path)?.file_type();
        match kind {
            kind if kind.is_file() => Ok(Self::File(path.to_owned())),
            kind if kind.is_block_device() => Ok(Self::Block(path.to_owned())),
            _ => Err(std::io::Error::other("it is neither a file nor a block device")),
        }
    }

    /// The last part of its name, by which an image calls what it lies on.
    pub(super) fn file_name(&self) -> Option<&str> {
        let name = |path: &str| path.rsplit('/').next().map(str::len).map(|length| path.len() - length);
        match self {
            Self::File(path) | Self::Block(path) => path.file_name().and_then(|name| name.to_str()),
            Self::Nfs { path, .. } | Self::Gluster { path, .. } => name(path).map(|start| &path[start..]),
            Self::Rbd(rbd) => Some(&rbd.image),
            Self::Iscsi(_) | Self::Nbd(_) => None,
        }
    }
}

/// A logical unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Iscsi {
    /// `address:port`.
    pub portal: String,
    /// The target's name.
    pub iqn: String,
    /// The unit's number.
    pub lun: u64,
    /// As whom to log in, where the target wants to know.
    pub chap: Option<Chap>,
    /// The name of the initiator that the target lets in; QEMU's own when there is none.
    pub initiator: Option<String>,
}

/// A user of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chap {
    /// The user's name.
    pub user: String,
    /// The user's password.
    pub password: Passphrase,
}

/// An export of a server of network block devices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Nbd {
    /// The server.
    pub server: NbdServer,
    /// The name of the export; empty for the one without a name.
    pub export: String,
}

/// Where a server of network block devices listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NbdServer {
    /// On a socket of this host.
    Unix(PathBuf),
    /// On the network.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
}

/// An image in a Ceph cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rbd {
    /// The pool.
    pub pool: String,
    /// The image in it.
    pub image: String,
    /// Monitors, each with its port; those of the host's configuration when there are none.
    pub monitors: Vec<(String, String)>,
    /// As whom to log in.
    pub user: Option<String>,
    /// The key of that user, in base64 as keyrings have it; the host's keyring when there is none.
    pub key: Option<Passphrase>,
    /// Under which identifier libvirt keeps the key already.
    pub libvirt_secret: Option<String>,
    /// The host's configuration of the cluster.
    pub configuration: Option<PathBuf>,
}

/// A password, a key or the like. It does not print.
#[derive(Clone)]
pub struct Passphrase(Secret<Vec<u8>>);

impl Passphrase {
    /// Takes custody of one.
    #[must_use]
    pub const fn new(bytes: Vec<u8>) -> Self {
        Self(Secret::new(bytes))
    }

    pub(crate) const fn expose(&self) -> &Vec<u8> {
        self.0.expose()
    }
}

impl PartialEq for Passphrase {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Passphrase {}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Disk {
    /// A disk of one layer.
    #[must_use]
    pub const fn new(place: Place, format: Format) -> Self {
        Self { image: Image { place, format }, backing: Vec::new(), passphrase: None }
    }

    /// Every layer, the top one first.
    pub(super) fn images(&self) -> impl Iterator<Item = &Image> {
        std::iter::once(&self.image).chain(&self.backing)
    }
}
