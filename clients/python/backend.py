"""Builds the package for pip (PEP 517) with the standard library alone: it is pure Python, without
dependencies, so a wheel is its files in a zip with a few lines about them."""
import base64
import hashlib
import pathlib
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE / "compute_broker"
VERSION = next(line.split('"')[1] for line in (HERE / "pyproject.toml").read_text().splitlines()
               if line.startswith("version = "))
NAME = f"compute_broker-{VERSION}"
METADATA = f"""Metadata-Version: 2.1
Name: compute-broker
Version: {VERSION}
Summary: Workers in the cloud from a compute-broker
Requires-Python: >=3.9
"""
WHEEL = """Wheel-Version: 1.0
Generator: compute-broker
Root-Is-Purelib: true
Tag: py3-none-any
"""


def sources():
    return [*sorted(PACKAGE.glob("*.py")), PACKAGE / "py.typed"]


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    files = {f"compute_broker/{path.name}": path.read_bytes() for path in sources()}
    files[f"{NAME}.dist-info/METADATA"] = METADATA.encode()
    files[f"{NAME}.dist-info/WHEEL"] = WHEEL.encode()
    record = "".join(f"{name},sha256={digest(data)},{len(data)}\n" for name, data in files.items())
    files[f"{NAME}.dist-info/RECORD"] = f"{record}{NAME}.dist-info/RECORD,,\n".encode()
    wheel = f"{NAME}-py3-none-any.whl"
    with zipfile.ZipFile(pathlib.Path(wheel_directory, wheel), "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in files.items():
            out.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), data)
    return wheel


def digest(data):
    return base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def build_sdist(sdist_directory, config_settings=None):
    name = f"{NAME}.tar.gz"
    with tarfile.open(pathlib.Path(sdist_directory, name), "w:gz") as out:
        for path in [*sources(), HERE / "pyproject.toml", HERE / "backend.py", HERE / "README.md"]:
            out.add(path, f"{NAME}/{path.relative_to(HERE)}")
    return name
