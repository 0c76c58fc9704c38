"""NINA profiles for tests, in the shape NINA's serialiser gives them."""

from __future__ import annotations

from pathlib import Path

GUID = "0A1B2C3D-0000-4000-8000-00000000ABCD"
NAMESPACE = "http://schemas.datacontract.org/2004/07/NINA"


def profile_text(
    *,
    name="C8E@f10.0+ZWO ASI2600MM Pro",
    guid=GUID,
    filters=("L", "R", "Ha"),
    camera="<Id>ASCOM.ASICamera2.Camera</Id><LastDeviceName>ZWO ASI2600MM Pro (ASCOM)</LastDeviceName>",
    telescope="<FocalLength>2032</FocalLength><FocalRatio>10</FocalRatio><Name>C8E</Name>",
    site="<Elevation>120</Elevation><Latitude>40.5</Latitude><Longitude>-3.25</Longitude>",
    pattern="$$DATEMINUS12$$\\$$IMAGETYPE$$\\$$TARGETNAME$$_$$FILTER$$",
    extra="",
):
    slots = "".join(
        f"<a:FilterInfo><a:FlatWizardFilterSettings><a:Gain>-1</a:Gain></a:FlatWizardFilterSettings>"
        f"<a:_name>{text}</a:_name><a:_position>{place}</a:_position></a:FilterInfo>"
        for place, text in enumerate(filters)
    )
    return f"""<Profile xmlns="{NAMESPACE}.Profile" xmlns:i="http://www.w3.org/2001/XMLSchema-instance">
      <AstrometrySettings i:type="AstrometrySettings">{site}</AstrometrySettings>
      <CameraSettings i:type="CameraSettings"><BayerPattern>Auto</BayerPattern><BitDepth>16</BitDepth>
        <BitScaling>true</BitScaling><PixelSize>3.76</PixelSize><Temperature i:nil="true"/>{camera}
      </CameraSettings>
      <FilterWheelSettings>
        <FilterWheelFilters xmlns:a="{NAMESPACE}.Core.Model.Equipment">{slots}</FilterWheelFilters>
        <Id>ASCOM.EFW2.FilterWheel</Id></FilterWheelSettings>
      <Id>{guid}</Id>
      <ImageFileSettings><FilePath>D:\\raw\\</FilePath><FilePattern> {pattern}
        </FilePattern><FilePatternDARK/><FilePatternFLAT>FLAT\\$$FILTER$$</FilePatternFLAT></ImageFileSettings>
      <Name>{name}</Name>
      <TelescopeSettings>{telescope}<Id>No_Device</Id></TelescopeSettings>{extra}
    </Profile>"""


def write_profile(path: Path, **parts) -> Path:
    """A profile on disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(profile_text(**parts), encoding="utf-8")
    return path
