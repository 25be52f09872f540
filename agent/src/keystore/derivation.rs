//! From a password to a key, by scrypt (RFC 7914) or PBKDF2 (RFC 8018). Refuses what would cost too
//! much before it costs anything.

use pbkdf2::pbkdf2_hmac;
use pbkdf2::sha2::Sha256;
use scrypt::Params;
use zeroize::Zeroizing;

use super::KeystoreError;

/// Most memory that opening a keystore may take. What wallets write by default takes 128 MiB (ethers)
/// or 256 MiB (geth).
pub const MEMORY_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Most blocks that scrypt may mix, n · r · p: four times what geth writes, some seconds.
pub const WORK_MAX: u64 = 1 << 23;

/// Most rounds of PBKDF2. Wallets write 262,144 or a million.
pub const ITERATIONS_MAX: u64 = 10_000_000;

/// Longest salt that is read. Wallets write 32 bytes.
const SALT_BYTES_MAX: usize = 1024;

/// What it costs to try a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cost {
    /// 256 MiB and about a second: scrypt with n = 2^18, r = 8, p = 1, as geth does.
    Standard,
    /// 4 MiB and a fraction of a second: n = 2^12, r = 8, p = 6, as geth's light form. For passwords
    /// that are long and random.
    Light,
}

/// How the key is derived.
#[derive(Debug, Clone)]
pub(super) struct Derivation {
    pub(super) kind: Kind,
    pub(super) salt: Vec<u8>,
}

/// The two functions of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scrypt { n: u64, r: u32, p: u32 },
    Pbkdf2 { iterations: u32 },
}

impl Derivation {
    pub(super) fn new(cost: Cost, salt: [u8; 32]) -> Self {
        let kind = match cost {
            Cost::Standard => Kind::Scrypt { n: 1 << 18, r: 8, p: 1 },
            Cost::Light => Kind::Scrypt { n: 1 << 12, r: 8, p: 6 },
        };
        Self { kind, salt: salt.to_vec() }
    }

    /// scrypt, if it makes sense and is within the limits.
    pub(super) fn scrypt(n: u64, r: u64, p: u64, salt: Vec<u8>) -> Result<Self, KeystoreError> {
        if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
            return Err(KeystoreError::Broken("kdfparams"));
        }
        let (wide_n, wide_r, wide_p) = (u128::from(n), u128::from(r), u128::from(p));
        // Both of its buffers: one for the mixing, one for the blocks that are mixed.
        let blocks = (wide_n + wide_p).saturating_mul(wide_r);
        let work = wide_n.saturating_mul(wide_r).saturating_mul(wide_p);
        let memory = blocks.saturating_mul(128);
        if memory > u128::from(MEMORY_BYTES_MAX) || work > u128::from(WORK_MAX) {
            return Err(KeystoreError::TooCostly);
        }
        let small = |it: u64| u32::try_from(it).map_err(|_| KeystoreError::TooCostly);
        Self { kind: Kind::Scrypt { n, r: small(r)?, p: small(p)? }, salt }.salted()
    }

    /// PBKDF2 with HMAC-SHA-256, if it is within the limits.
    pub(super) fn pbkdf2(iterations: u64, salt: Vec<u8>) -> Result<Self, KeystoreError> {
        if iterations == 0 {
            return Err(KeystoreError::Broken("kdfparams"));
        }
        if iterations > ITERATIONS_MAX {
            return Err(KeystoreError::TooCostly);
        }
        let iterations = u32::try_from(iterations).map_err(|_| KeystoreError::TooCostly)?;
        Self { kind: Kind::Pbkdf2 { iterations }, salt }.salted()
    }

    fn salted(self) -> Result<Self, KeystoreError> {
        let sound = (1..=SALT_BYTES_MAX).contains(&self.salt.len());
        if sound { Ok(self) } else { Err(KeystoreError::Broken("salt")) }
    }

    /// 32 bytes. Longer keys that a file may ask for begin with the same.
    pub(super) fn derive(&self, password: &[u8]) -> Result<Zeroizing<[u8; 32]>, KeystoreError> {
        let broken = KeystoreError::Broken("kdfparams");
        let mut derived = Zeroizing::new([0; 32]);
        match self.kind {
            Kind::Scrypt { n, r, p } => {
                let log_n = u8::try_from(n.ilog2()).map_err(|_| broken)?;
                let params = Params::new(log_n, r, p).map_err(|_| broken)?;
                let done = scrypt::scrypt(password, &self.salt, &params, derived.as_mut());
                done.map_err(|_| broken)?;
            }
            Kind::Pbkdf2 { iterations } => {
                pbkdf2_hmac::<Sha256>(password, &self.salt, iterations, derived.as_mut());
            }
        }
        Ok(derived)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_costs_too_much_is_refused_before_it_costs_anything() {
        let (broken, costly) = (KeystoreError::Broken("kdfparams"), KeystoreError::TooCostly);
        #[rustfmt::skip]
        let rows = [
            // n         r          p          verdict
            (1 << 18,    8,         1,         None),
            (1 << 18,    1,         8,         None),
            (1 << 12,    8,         6,         None),
            (1 << 13,    8,         1,         None),
            (2,          8,         1,         None),
            (1 << 18,    8,         4,         None),
            (1 << 18,    8,         5,         Some(costly)),
            (1 << 19,    8,         1,         Some(costly)),
            (1 << 20,    8,         1,         Some(costly)),
            (1 << 40,    8,         1,         Some(costly)),
            (1 << 63,    u64::MAX,  u64::MAX,  Some(costly)),
            (2,          1 << 32,   1,         Some(costly)),
            (2,          1,         1 << 32,   Some(costly)),
            (2,          u64::MAX,  1,         Some(costly)),
            (0,          8,         1,         Some(broken)),
            (1,          8,         1,         Some(broken)),
            (3,          8,         1,         Some(broken)),
            ((1 << 18) - 1, 8,      1,         Some(broken)),
            (1 << 12,    0,         1,         Some(broken)),
            (1 << 12,    8,         0,         Some(broken)),
        ];
        for (n, r, p, expected) in rows {
            let got = Derivation::scrypt(n, r, p, vec![1; 32]).err();
            assert_eq!(got, expected, "n {n} r {r} p {p}");
        }
        for (rounds, expected) in [
            (0, Some(broken)),
            (1, None),
            (262_144, None),
            (ITERATIONS_MAX, None),
            (ITERATIONS_MAX + 1, Some(costly)),
            (u64::MAX, Some(costly)),
        ] {
            assert_eq!(Derivation::pbkdf2(rounds, vec![1; 32]).err(), expected, "{rounds}");
        }
        for salt in [0, SALT_BYTES_MAX + 1] {
            let got = Derivation::pbkdf2(1, vec![1; salt]).err();
            assert_eq!(got, Some(KeystoreError::Broken("salt")), "{salt}");
        }
    }

    /// RFC 7914, section 11 and 12.
    #[test]
    fn both_functions_are_those_of_the_rfcs() {
        let start = |it: &Derivation, password: &[u8]| {
            let derived = it.derive(password).unwrap();
            u64::from_be_bytes(derived[..8].try_into().unwrap())
        };
        let scrypt = Derivation::scrypt(1024, 8, 16, b"NaCl".to_vec()).unwrap();
        assert_eq!(start(&scrypt, b"password"), 0xfdba_be1c_9d34_7200);
        let pbkdf2 = Derivation::pbkdf2(80_000, b"NaCl".to_vec()).unwrap();
        assert_eq!(start(&pbkdf2, b"Password"), 0x4ddc_d8f6_0b98_be21);
    }
}
