//! Which tests are run in which world, which of them must pass, and which may be skipped.

use super::Suite;

/// What tempest says of a test of volumes that needs a server, of which there is none here,
const NEEDS_A_SERVER: [&str; 2] = ["compute service is not available", "Nova is not available"];
/// and of those that only the world with two backends runs: its files are raw, and can have several attachments.
const NEEDS_TWO_BACKENDS: [&str; 2] =
    ["Cinder multi-backend feature disabled", "Volume multi-attach is not available"];
/// What it says of a test of images that needs a server, a second image service, hashes that nobody computes, or that
/// tempest has given up on,
const NEEDS_SOMETHING_ELSE: [&str; 4] = [
    "Nova is not available",
    "No image_remote service to test against",
    "do_secure_hash is enabled",
    "Skipped until bug",
];
/// and of those that only the world with one backend runs: there, images need not be what they are said to be.
const NEEDS_LAXITY: &str = "Image format enforcement prevents testing with bogus image data";
/// The tests that say so, and those for which it makes a difference how many stores there are.
const LAX_OR_IN_ONE_STORE: &str =
    r"^tempest\.api\.image\.v2\.test_images\.(ListUserImages|ImportImages)Test\.";

/// Tests of one suite.
pub(super) struct Choice {
    /// A regular expression that their names match.
    pub(super) only: String,
    /// The names of those that the Python services pass on such a machine: none of them may fail here.
    pub(super) must_pass: Vec<&'static str>,
    /// What may be the reason to skip one.
    pub(super) excuses: Vec<&'static str>,
}

impl Choice {
    /// The tests of `suite`, or those of them that `only` matches, for a service with `backends` backends.
    pub(super) fn of(suite: Suite, backends: u8, only: Option<&str>) -> Self {
        let choice = match suite {
            Suite::Volume => Self::of_volumes(backends > 1),
            Suite::Image => Self::of_images(backends > 1),
        };
        match only {
            Some(only) => Self { only: only.to_owned(), must_pass: Vec::new(), ..choice },
            None => choice,
        }
    }

    fn of_volumes(several_backends: bool) -> Self {
        let mut choice = Self {
            only: r"^tempest\.api\.volume\.".to_owned(),
            must_pass: Vec::new(),
            excuses: NEEDS_A_SERVER.to_vec(),
        };
        if several_backends {
            choice.must_pass.extend(include_str!("../../tempest/volume.txt").lines());
        } else {
            choice.excuses.extend(NEEDS_TWO_BACKENDS);
        }
        choice
    }

    /// All where images have several stores; where they have one, those for which the world makes a difference.
    fn of_images(several_stores: bool) -> Self {
        let (only, must_pass) = match several_stores {
            true => (r"^tempest\.api\.image\.", include_str!("../../tempest/image.txt")),
            false => (LAX_OR_IN_ONE_STORE, ""),
        };
        let mut choice = Self {
            only: only.to_owned(),
            must_pass: must_pass.lines().collect(),
            excuses: NEEDS_SOMETHING_ELSE.to_vec(),
        };
        if several_stores {
            choice.excuses.push(NEEDS_LAXITY);
        }
        choice
    }
}
