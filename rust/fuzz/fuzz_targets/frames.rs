//! Any bytes on a line: nothing panics, nothing grows, and what is read is what was written.
#![no_main]

use hubagent_core::frame::Decoder;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut whole = Decoder::default();
    let frames = whole.feed(bytes);
    let mut cut = Decoder::default();
    let pieces: Vec<_> = bytes.chunks(7).flat_map(|piece| cut.feed(piece)).collect();
    assert_eq!(frames, pieces);
    for frame in frames {
        let line = frame.encode().expect("what was read can be sent");
        assert_eq!(Decoder::default().feed(&line), [frame]);
    }
});
