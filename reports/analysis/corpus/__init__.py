"""The corpus that subjects measure: its networks, mistaken ones, training, histograms of what comes out."""
