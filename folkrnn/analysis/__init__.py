"""What a tune is like, without music21 or torch: its melody, counted features, and its originality beside a corpus."""
