//! What takes minutes, and is left out without `BESSER_TEST_THOROUGH` (`lab/storage.sh`).

mod brick;
mod figures;
mod many;
mod trouble;
