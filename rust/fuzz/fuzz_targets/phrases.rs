//! Any bytes as a phrase index, their checksum repaired: what is read writes the same bytes again,
//! and nothing in it is nearer than near.
#![no_main]

use hubagent_core::index::PhraseIndex;
use libfuzzer_sys::fuzz_target;

/// What every file begins with: without it the fuzzer only ever finds that it is missing.
const MARK: &[u8] = b"HAPHRS\x00\x01";

fuzz_target!(|data: &[u8]| {
    let mut bytes = [MARK, data].concat();
    bytes.extend(crc32fast::hash(&bytes).to_le_bytes());
    let Ok(index) = PhraseIndex::from_bytes(&bytes) else {
        return;
    };
    assert_eq!(index.to_bytes(), bytes);
    let query = vec![1.0; index.width()];
    for near in index.nearest("turn on the lamp", &query, 3).unwrap() {
        assert!((-1.0..=1.0).contains(&near.similarity));
        assert!((0.0..=1.0).contains(&near.sound));
    }
});
