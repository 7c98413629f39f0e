//! AES in the mode XTS (IEEE 1619) over whole sectors, whose number is the tweak: dm-crypt's `aes-xts-plain64`. Sectors
//! may be longer than 512 bytes; they are numbered by 512 all the same.

use std::fmt;

use aes::cipher::{BlockDecrypt, BlockEncrypt, KeyInit};
use aes::{Aes128, Aes256, Block};

use super::SECTOR_BYTES;

const BLOCK_BYTES: usize = 16;

/// What stands for x^128 in the field of the tweaks.
const REDUCTION: u128 = 0x87;

/// A key that sectors are encrypted with. Never printed; wiped when it goes.
pub(super) struct Xts {
    keys: Keys,
    sector_bytes: usize,
}

enum Keys {
    Aes128 { data: Box<Aes128>, tweak: Box<Aes128> },
    Aes256 { data: Box<Aes256>, tweak: Box<Aes256> },
}

impl fmt::Debug for Xts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Xts([secret])")
    }
}

impl Xts {
    /// With both keys one after the other; none unless these are 32 or 64 bytes.
    pub(super) fn new(key: &[u8]) -> Option<Self> {
        let (data, tweak) = key.split_at(key.len() / 2);
        let keys = match key.len() {
            32 => Keys::Aes128 {
                data: Box::new(Aes128::new_from_slice(data).ok()?),
                tweak: Box::new(Aes128::new_from_slice(tweak).ok()?),
            },
            64 => Keys::Aes256 {
                data: Box::new(Aes256::new_from_slice(data).ok()?),
                tweak: Box::new(Aes256::new_from_slice(tweak).ok()?),
            },
            _ => return None,
        };
        Some(Self { keys, sector_bytes: SECTOR_BYTES })
    }

    /// The same over sectors of this length; none unless that is one that dm-crypt knows.
    pub(super) fn of_sectors(self, sector_bytes: u64) -> Option<Self> {
        let sector_bytes = usize::try_from(sector_bytes).ok()?;
        let is_known = [512, 1024, 2048, 4096].contains(&sector_bytes);
        is_known.then_some(Self { sector_bytes, ..self })
    }

    /// How long a sector is: the unit of what is encrypted.
    pub(super) const fn sector_bytes(&self) -> usize {
        self.sector_bytes
    }

    /// Encrypts the sectors from the one that begins at number `first` on. What follows the last whole one stays as it is.
    pub(super) fn encrypt(&self, sectors: &mut [u8], first: u64) {
        self.each(sectors, first, |keys, blocks| match keys {
            Keys::Aes128 { data, .. } => data.encrypt_blocks(blocks),
            Keys::Aes256 { data, .. } => data.encrypt_blocks(blocks),
        });
    }

    /// Decrypts them.
    pub(super) fn decrypt(&self, sectors: &mut [u8], first: u64) {
        self.each(sectors, first, |keys, blocks| match keys {
            Keys::Aes128 { data, .. } => data.decrypt_blocks(blocks),
            Keys::Aes256 { data, .. } => data.decrypt_blocks(blocks),
        });
    }

    fn each(&self, sectors: &mut [u8], first: u64, turn: impl Fn(&Keys, &mut [Block])) {
        let mut blocks = vec![Block::default(); self.sector_bytes / BLOCK_BYTES];
        let mut tweaks = vec![0; blocks.len()];
        let numbers = (first..).step_by(self.sector_bytes / SECTOR_BYTES);
        for (number, sector) in numbers.zip(sectors.chunks_exact_mut(self.sector_bytes)) {
            self.set_tweaks(number, &mut tweaks);
            for ((block, bytes), tweak) in
                blocks.iter_mut().zip(sector.chunks_exact(BLOCK_BYTES)).zip(&tweaks)
            {
                block.copy_from_slice(bytes);
                mix(block, *tweak);
            }
            turn(&self.keys, &mut blocks);
            for ((block, bytes), tweak) in
                blocks.iter_mut().zip(sector.chunks_exact_mut(BLOCK_BYTES)).zip(&tweaks)
            {
                mix(block, *tweak);
                bytes.copy_from_slice(block);
            }
        }
    }

    /// The tweak of each block of a sector.
    fn set_tweaks(&self, sector: u64, tweaks: &mut [u128]) {
        let mut first = Block::from(u128::from(sector).to_le_bytes());
        match &self.keys {
            Keys::Aes128 { tweak, .. } => tweak.encrypt_block(&mut first),
            Keys::Aes256 { tweak, .. } => tweak.encrypt_block(&mut first),
        }
        let mut tweak = u128::from_le_bytes(first.into());
        for this in tweaks {
            *this = tweak;
            tweak = (tweak << 1) ^ (if tweak >> 127 == 1 { REDUCTION } else { 0 });
        }
    }
}

fn mix(block: &mut Block, tweak: u128) {
    let mixed = u128::from_le_bytes((*block).into()) ^ tweak;
    *block = Block::from(mixed.to_le_bytes());
}
