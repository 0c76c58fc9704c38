"""Which pages there are: those of a rig or camera, and those of the library.

_Reports/index.html  targets.html  masters.html  equipment.html  problems.html      the library's
_Reports/backup.html                                         likewise, made behind the backup (`world/backup_reporting`)
_Reports/targets/<target>.html                                                      likewise
_Reports/rigs/<owner>.html  nights/<owner>/<night>.html                             the owner's
"""

from __future__ import annotations

from pipeline.model.catalog import Catalog, OwnerTables
from pipeline.model.plans import Plans
from pipeline.model.reports import Ground, Page
from pipeline.rules.report_asked import Asked
from pipeline.rules.report_backup import backup_link
from pipeline.rules.report_equipment import equipment_page
from pipeline.rules.report_masters import masters_page
from pipeline.rules.report_night import night_pages
from pipeline.rules.report_overview import overview_page
from pipeline.rules.report_problems import count_problems, problems_page
from pipeline.rules.report_rig import rig_page
from pipeline.rules.report_targets import target_pages, targets_of


def owner_pages(tables: OwnerTables, ground: Ground) -> list[Page]:
    """The page of a rig or camera, and one for each of its nights."""
    return [rig_page(tables, ground), *night_pages(tables, ground)]


def library_pages(catalog: Catalog, plans: Plans, asked: Asked, ground: Ground) -> list[Page]:
    """Pages that tell of all rigs together; they look at no single frame."""
    targets = targets_of(catalog, plans, ground)
    return [
        overview_page(catalog, targets, asked, count_problems(catalog, asked), backup_link(ground)),
        *target_pages(targets),
        masters_page(catalog, asked, ground),
        equipment_page(catalog),
        problems_page(catalog, asked),
    ]
