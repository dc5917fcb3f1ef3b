"""Pictures drawn in advance, so that the site's figures move without Python: which ones, how, and when anew."""
