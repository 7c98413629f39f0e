use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::Secret;

use super::*;

fn key(id: u32, byte: u8) -> SigningKey {
    SigningKey::new(id, Secret::new([byte; KEY_BYTES]))
}

fn ring() -> KeyRing {
    KeyRing::new(key(1, 0x11), vec![]).unwrap()
}

#[test]
fn a_token_counts_until_it_expires() {
    let token = ring().issue(&alice()).unwrap();
    assert_eq!(ring().verify(&token, Timestamp(199)), Ok(alice()));
    assert_eq!(ring().verify(&token, Timestamp(200)), Err(TokenError::Expired));
    assert_eq!(ring().open(&token), Ok(alice()));
}

#[test]
fn tokens_are_as_short_as_keystones() {
    let hexadecimal = "0123456789abcdef0123456789abcdef";
    let longest = Claims {
        scope: ScopeId::Project(hexadecimal.to_owned()),
        audit: Audit { id: AuditId([1; 16]), first: Some(AuditId([2; 16])) },
        application_credential_id: Some(hexadecimal.to_owned()),
        ..alice()
    };
    assert_eq!(ring().issue(&longest).unwrap().len(), 190);
    assert_eq!(ring().issue(&alice()).unwrap().len(), 146);
}

#[test]
fn the_signature_is_hmac_sha256_of_what_precedes_it() {
    use hmac::{Hmac, Mac};

    let bytes = URL_SAFE_NO_PAD.decode(ring().issue(&alice()).unwrap()).unwrap();
    let (signed, tag) = bytes.split_at(bytes.len() - 32);
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(&[0x11; KEY_BYTES]).unwrap();
    mac.update(signed);
    assert_eq!(mac.finalize().into_bytes().as_slice(), tag);
    assert_eq!(signed[..5], [1, 0, 0, 0, 1]);
}

#[test]
fn old_keys_verify_until_they_are_dropped() {
    let old_token = ring().issue(&alice()).unwrap();
    let rotated = KeyRing::new(key(2, 0x22), vec![key(1, 0x11)]).unwrap();
    assert_eq!(rotated.verify(&old_token, Timestamp(150)), Ok(alice()));

    let new_token = rotated.issue(&alice()).unwrap();
    assert_eq!(ring().verify(&new_token, Timestamp(150)), Err(TokenError::BadSignature));
    let dropped = KeyRing::new(key(2, 0x22), vec![]).unwrap();
    assert_eq!(dropped.verify(&new_token, Timestamp(150)), Ok(alice()));
    assert_eq!(dropped.verify(&old_token, Timestamp(150)), Err(TokenError::BadSignature));
}

#[test]
fn another_key_of_the_same_id_does_not_verify() {
    let forger = KeyRing::new(key(1, 0x12), vec![]).unwrap();
    let forged = forger.issue(&alice()).unwrap();
    assert_eq!(ring().verify(&forged, Timestamp(150)), Err(TokenError::BadSignature));
}

#[test]
fn a_ring_has_distinct_and_few_keys() {
    assert_eq!(KeyRing::new(key(1, 0), vec![key(2, 0), key(1, 1)]).err(), Some(KeyRingError::SameId(1)));
    let others = |count: u32| (2..2 + count).map(|id| key(id, 0)).collect();
    assert_eq!(KeyRing::new(key(1, 0), others(8)).err(), Some(KeyRingError::TooMany));
    assert_eq!(KeyRing::new(key(1, 0), others(7)).unwrap().keys().count(), MAX_KEYS);
}

#[test]
fn random_keys_differ_and_never_print() {
    let (one, other) = (SigningKey::random(1).unwrap(), SigningKey::random(2).unwrap());
    assert_ne!(one.key().expose(), other.key().expose());
    let printed = format!("{:?}", key(1, 0x41));
    assert!(printed.contains("[secret]") && !printed.contains("65, 65"), "{printed}");
}

#[test]
fn ids_that_do_not_fit_are_refused() {
    for user_id in [String::new(), "x".repeat(MAX_ID_BYTES + 1), "ü".repeat(33), "x".repeat(1000)] {
        assert_eq!(ring().issue(&Claims { user_id, ..alice() }), Err(UnusableId));
    }
    let longest = || "x".repeat(MAX_ID_BYTES);
    let claims = Claims {
        user_id: longest(),
        scope: ScopeId::Domain(longest()),
        audit: Audit { id: AuditId([1; 16]), first: Some(AuditId([2; 16])) },
        application_credential_id: Some(longest()),
        ..alice()
    };
    let token = ring().issue(&claims).unwrap();
    assert_eq!(token.len(), MAX_TOKEN_CHARS);
    assert_eq!(ring().open(&token), Ok(claims));
}

#[test]
fn what_is_no_token_is_malformed() {
    let token = ring().issue(&alice()).unwrap();
    let fernet = format!("gAAAAA{}", "B".repeat(180));
    for text in
        ["", "A", "not a token", "ÄÖÜ", &fernet, &token[..40], &format!("{token}="), &"A".repeat(2000)]
    {
        assert_eq!(ring().open(text), Err(TokenError::Malformed), "{text}");
    }
}

/// Signs any bytes as claims.
fn sign(claims: &[u8]) -> String {
    use hmac::{Hmac, Mac};

    let mut bytes = vec![1, 0, 0, 0, 1];
    bytes.extend(claims);
    let mac = Hmac::<sha2::Sha256>::new_from_slice(&[0x11; KEY_BYTES]).unwrap().chain_update(&bytes);
    bytes.extend(mac.finalize().into_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

#[test]
fn signed_nonsense_is_malformed() {
    let token = URL_SAFE_NO_PAD.decode(ring().issue(&alice()).unwrap()).unwrap();
    let claims = &token[5..token.len() - 32];
    assert_eq!(ring().open(&sign(claims)), Ok(alice()));
    let with = |at: usize, byte: u8| {
        let mut changed = claims.to_vec();
        changed[at] = byte;
        changed
    };
    let mut longer = claims.to_vec();
    longer.push(0);
    for (why, changed) in [
        ("unknown flag", with(0, 0x11)),
        ("unknown method", with(1, 0x80)),
        ("id beyond the end", with(38, 60)),
        ("id too long", with(38, 200)),
        ("bytes after the end", longer),
        ("nothing", vec![]),
    ] {
        assert_eq!(ring().open(&sign(&changed)), Err(TokenError::Malformed), "{why}");
    }
    let mut not_utf8 = claims[..38].to_vec();
    not_utf8[0] = 0;
    not_utf8.extend([2, 0xff, 0xfe]);
    assert_eq!(ring().open(&sign(&not_utf8)), Err(TokenError::Malformed));
}

proptest! {
    #[test]
    fn what_is_issued_is_what_is_verified(claims in claims()) {
        let token = ring().issue(&claims).unwrap();
        prop_assert!(token.len() <= MAX_TOKEN_CHARS);
        prop_assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        prop_assert_eq!(ring().open(&token), Ok(claims.clone()));
        let expired = claims.expires_at <= Timestamp(0);
        prop_assert_eq!(ring().verify(&token, Timestamp(0)).is_ok(), !expired);
    }

    #[test]
    fn no_changed_token_is_accepted(claims in claims(), at in any::<prop::sample::Index>(), to in "[A-Za-z0-9_-]") {
        let token = ring().issue(&claims).unwrap();
        let at = at.index(token.len());
        let changed = format!("{}{to}{}", &token[..at], &token[at + 1..]);
        prop_assume!(changed != token);
        prop_assert!(ring().open(&changed).is_err());
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC{0,400}") {
        prop_assert!(ring().open(&text).is_err());
    }

    #[test]
    fn no_signed_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..260)) {
        if let Ok(claims) = ring().open(&sign(&bytes)) {
            prop_assert_eq!(ring().open(&ring().issue(&claims).unwrap()), Ok(claims));
        }
    }
}
