"""What stands before every route: log and headers, who asks, how often, by what right, how many at once, how large."""

from briefqa.service.guarding.install import Guard, install

__all__ = ["Guard", "install"]
