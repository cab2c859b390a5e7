"""What stands before every route, in this order: log and headers, who asks, how often, how many at once, how large."""

from briefqa.service.guarding.install import Guard, install

__all__ = ["Guard", "install"]
