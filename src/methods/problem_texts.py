"""Words of every problem of the catalogue: code -> language -> (rule, what to do). Braces name details."""

from __future__ import annotations

TEXTS: dict[str, dict[str, tuple[str, str]]] = {
    "CHK-01": {
        "ru": ("0 ≤ X ≤ N (N = {n})", "исправьте X или N; расчёт не выполнен"),
        "en": ("0 ≤ X ≤ N (N = {n})", "correct X or N; nothing was calculated"),
    },
    # -- text files (data/reading/) ------------------------------------------------------------------------------------
    "TXT-01": {
        "ru": ("прочитано как cp1251, разделитель {separator}, {decimal:ru}", "исправлять не нужно; надёжнее UTF-8"),
        "en": ("read as cp1251, separator {separator}, {decimal:en}", "nothing to do; UTF-8 is safer"),
    },
    "TXT-02": {
        "ru": ("кодировка UTF-8 или cp1251; похоже на cp866 ({guess})", "сохраните файл в UTF-8"),
        "en": ("encoding is UTF-8 or cp1251; this looks like cp866 ({guess})", "save the file in UTF-8"),
    },
    "TXT-03": {
        "ru": ("кодировка UTF-8 или cp1251; похоже на {guess}", "сохраните файл в UTF-8 заново из исходной таблицы"),
        "en": ("encoding is UTF-8 or cp1251; this looks like {guess}", "save it in UTF-8 anew from the original table"),
    },
    "TXT-04": {
        "ru": ("прочитано как UTF-16 («Текст Юникод»), разделитель {separator}", "исправлять не нужно"),
        "en": ("read as UTF-16 (“Unicode text”), separator {separator}", "nothing to do"),
    },
    "TXT-05": {
        "ru": ("весь файл в одной кодировке; со строки {line} она другая, чем {encoding} выше",
               "соедините части заново, сохранив каждую в UTF-8"),
        "en": ("one encoding throughout; from line {line} on it is not {encoding} as above",
               "join the parts anew, each saved in UTF-8"),
    },
    "TXT-06": {
        "ru": ("разделитель {found} вместо {expected}", "сохраните файл с одним разделителем во всех строках"),
        "en": ("separator {found} instead of {expected}", "save the file with one separator in all lines"),
    },
    "TXT-07": {
        "ru": ("полей столько же, сколько в заголовке; в строках {fields}, в заголовке {expected} (строк: {count})",
               "уберите разделитель в конце строк"),
        "en": ("as many fields as in the header; rows have {fields}, the header {expected} (rows: {count})",
               "remove the separator at the end of rows"),
    },
    "TXT-08": {
        "ru": ("полей столько же, сколько в заголовке: {expected}; в строке {fields}",
               "возьмите текст с разделителем внутри в кавычки или уберите лишнее поле"),
        "en": ("as many fields as in the header: {expected}; this row has {fields}",
               "quote the text that holds a separator or remove the extra field"),
    },
    "TXT-09": {
        "ru": ("полей столько же, сколько в заголовке: {expected}; в строке {fields}, не хватает: {missing:ru}",
               "добавьте недостающее поле, пусть и пустое"),
        "en": ("as many fields as in the header: {expected}; this row has {fields}, missing: {missing:en}",
               "add the missing field, were it empty"),
    },
    "TXT-10": {
        "ru": ("каждая кавычка закрыта; не закрыта или стоит не на месте открытая в строке {line} файла",
               "закройте кавычку; кавычку внутри текста удвойте"),
        "en": ("every quote is closed; the one opened on line {line} of the file is not, or is out of place",
               "close the quote; double a quote inside a text"),
    },
    "TXT-11": {
        "ru": ("переносы строк внутри ячеек приняты, ячеек: {count}; номера строк как в Excel",
               "исправлять не нужно"),
        "en": ("line breaks inside cells accepted, cells: {count}; row numbers are those of Excel", "nothing to do"),
    },
    "TXT-12": {
        "ru": ("разделители тысяч убраны, ячеек: {count}", "исправлять не нужно"),
        "en": ("separators of thousands removed, cells: {count}", "nothing to do"),
    },
    "TXT-13": {
        "ru": ("число читается одним способом; неоднозначно: {value} или {second}",
               "запишите дробь с четырьмя знаками или тысячи без запятой"),
        "en": ("a number can be read in one way; ambiguous: {value} or {second}",
               "write the fraction with four decimals or the thousands without a comma"),
    },
    "TXT-14": {
        "ru": ("в столбце один знак дроби; запятая и точка вместе, строки: {rows} (ячеек: {count})",
               "запишите все дроби с запятой"),
        "en": ("one decimal sign in a column; comma and point together, rows: {rows} (cells: {count})",
               "write all fractions with a comma"),
    },
    "TXT-15": {
        "ru": ("в столбце одна единица; строки со знаком %: {signed}; от 0 до 1: {small}; больше 1: {big}",
               "запишите все значения одинаково: долями или со знаком %"),
        "en": ("one unit in a column; rows with a % sign: {signed}; from 0 to 1: {small}; above 1: {big}",
               "write all values alike: as shares or with a % sign"),
    },
    "TXT-16": {
        "ru": ("нет значения, ячеек: {count} (пустых: {empty}; пометки: {marks:ru})",
               "заполните, если значения известны; нулём пропуск не считается"),
        "en": ("no value, cells: {count} (empty: {empty}; marks: {marks:en})",
               "fill in what is known; a gap does not count as zero"),
    },
    "TXT-17": {
        "ru": ("NA, None, null, nan в кодах и ключах — текст, а не пропуск; ячеек: {count}", "исправлять не нужно"),
        "en": ("NA, None, null, nan in codes and keys are text, not gaps; cells: {count}", "nothing to do"),
    },
    "TXT-18": {
        "ru": ("код с нулём впереди оставлен текстом, ячеек: {count}", "исправлять не нужно"),
        "en": ("a code with a leading zero is kept as text, cells: {count}", "nothing to do"),
    },
    "TXT-19": {
        "ru": ("код не по шаблону {pattern}", "введите код как текст: формат ячейки «Текстовый»"),
        "en": ("the code does not match the pattern {pattern}", "type the code as text: cell format “Text”"),
    },
    "TXT-20": {
        "ru": ("похоже на округление Excel: после {digits}-го знака нули", "введите номер как текст из источника"),
        "en": ("looks rounded by Excel: zeros after digit {digits}", "type the number as text from its source"),
    },
    "TXT-21": {
        "ru": ("в файле есть строки данных; файл пуст или нет строк данных под заголовком (строк: {lines})",
               "запросите у региона заполненный файл"),
        "en": ("a file has rows of data; it is empty or has no rows under the header (rows: {lines})",
               "ask the region for the filled file"),
    },
    "TXT-22": {
        "ru": ("в тексте нет управляющих знаков; найден {character}, убрано: {count}", "удалите знак в исходном файле"),
        "en": ("no control characters in a text; found {character}, removed: {count}",
               "delete it in the original file"),
    },
    "TXT-23": {
        "ru": ("заголовки различаются; одинаковые в столбцах {letters}", "переименуйте или удалите один из столбцов"),
        "en": ("headers differ; the same in columns {letters}", "rename or delete one of the columns"),
    },
    "TXT-24": {
        "ru": ("заголовок приведён к написанию из описания таблицы", "исправлять не нужно"),
        "en": ("the header was brought to the spelling of the table's description", "nothing to do"),
    },
    "TXT-25": {
        "ru": ("столбцы — как в описании таблицы; не хватает: {missing:ru}; лишний: {extra:ru}; похоже: {near:ru}",
               "исправьте заголовок, добавьте или удалите столбец"),
        "en": ("columns as in the table's description; missing: {missing:en}; unknown: {extra:en}; similar: {near:en}",
               "correct the header, add or delete the column"),
    },
    "TXT-26": {
        "ru": ("содержимое соответствует имени; имя на {suffix}, а это {kind}",
               "сохраните таблицу в одном из форматов: {accepted}"),
        "en": ("the contents are what the name says; the name ends in {suffix}, but this is {kind}",
               "save the table in one of the formats: {accepted}"),
    },
    "TXT-27": {
        "ru": ("прочитано как UTF-8 с меткой в начале (BOM)", "исправлять не нужно"),
        "en": ("read as UTF-8 with a mark at the start (BOM)", "nothing to do"),
    },
    # -- workbooks (data/reading/) -------------------------------------------------------------------------------------
    "XLS-01": {
        "ru": ("объединённые ячейки {reference} заполнены вниз, ячеек: {count}", "исправлять не нужно"),
        "en": ("merged cells {reference} filled down, cells: {count}", "nothing to do"),
    },
    "XLS-02": {
        "ru": ("в столбце значений нет объединённых ячеек", "разъедините ячейки и заполните каждую"),
        "en": ("no merged cells in a column of values", "unmerge the cells and fill in each"),
    },
    "XLS-03": {
        "ru": ("заголовок — строка со столбцами {required:ru} среди первых {limit}; найдено: {found:ru}",
               "поставьте заголовок в первую строку"),
        "en": ("the header is a row with the columns {required:en} among the first {limit}; found: {found:en}",
               "put the header into the first row"),
    },
    "XLS-04": {
        "ru": ("строка итога не центр: исключена", "исправлять не нужно"),
        "en": ("a row of totals is not a centre: left out", "nothing to do"),
    },
    "XLS-05": {
        "ru": ("скрытое читается наравне с видимым; скрытые строки: {rows} (всего {count}); скрытые столбцы: {columns}",
               "удалите лишние строки или покажите скрытые"),
        "en": ("hidden cells are read like the others; hidden rows: {rows} (in all {count}); hidden columns: {columns}",
               "delete needless rows or show the hidden ones"),
    },
    "XLS-06": {
        "ru": ("нужен один видимый лист {wanted:ru}; есть: {visible:ru}; скрытые: {hidden:ru}; подходят по столбцам: "
               "{fitting:ru}; похож по имени: {near:ru}", "оставьте один лист с нужным именем"),
        "en": ("one visible sheet {wanted:en}; present: {visible:en}; hidden: {hidden:en}; with these columns: "
               "{fitting:en}; similar name: {near:en}", "keep one sheet of the right name"),
    },
    "XLS-07": {
        "ru": ("в ячейке значение, а не ошибка формулы", "исправьте формулу или введите значение"),
        "en": ("a cell holds a value, not the error of a formula", "mend the formula or type the value"),
    },
    "XLS-08": {
        "ru": ("в ячейке значение, а не текст ошибки Excel", "введите значение или оставьте пустой"),
        "en": ("a cell holds a value, not the text of an Excel error", "type the value or leave the cell empty"),
    },
    "XLS-09": {
        "ru": ("формула без значения", "откройте и сохраните файл в Excel"),
        "en": ("a formula without a value", "open and save the file in Excel"),
    },
    "XLS-10": {
        "ru": ("значение взято из другой книги: {other}; строки: {rows} (ячеек: {count}); взято сохранённое",
               "замените ссылки значениями"),
        "en": ("the value comes from another workbook: {other}; rows: {rows} (cells: {count}); the saved one was taken",
               "replace the links by values"),
    },
    "XLS-11": {
        "ru": ("числа, записанные текстом, прочитаны как числа, ячеек: {count}", "исправлять не нужно"),
        "en": ("numbers written as text were read as numbers, cells: {count}", "nothing to do"),
    },
    "XLS-12": {
        "ru": ("Excel превратил {typed} в дату", "введите значение заново; формат ячейки «Числовой» или «Текстовый»"),
        "en": ("Excel turned {typed} into a date", "type the value again; cell format “Number” or “Text”"),
    },
    "XLS-13": {
        "ru": ("Excel превратил {typed} в дату", "введите число с запятой; формат ячейки «Числовой»"),
        "en": ("Excel turned {typed} into a date", "type the number with a decimal comma; cell format “Number”"),
    },
    "XLS-14": {
        "ru": ("даты — ячейки формата «Дата» или текст вида {example}; текстом или иначе записано: {count}",
               "запишите дату в этом виде"),
        "en": ("dates are cells of the format “Date” or text like {example}; written as text or otherwise: {count}",
               "write the date like this"),
    },
    "XLS-15": {
        "ru": ("нет такой даты", "исправьте день или месяц"),
        "en": ("there is no such date", "correct the day or the month"),
    },
    "XLS-16": {
        "ru": ("в книге система дат 1904; даты пересчитаны", "исправлять не нужно"),
        "en": ("the workbook counts dates from 1904; dates were recalculated", "nothing to do"),
    },
    "XLS-17": {
        "ru": ("{value} вне {low}–{high}; в этом столбце доли", "введите долю (0,85) или 85 % со знаком процента"),
        "en": ("{value} is outside {low}–{high}; this column holds shares", "type a share (0.85) or 85% with the sign"),
    },
    "XLS-18": {
        "ru": ("оформление до строки {formatted}, данные до строки {last}; лишнее не читалось",
               "исправлять не нужно; лишние строки можно удалить"),
        "en": ("formatted down to row {formatted}, data down to row {last}; the rest was not read",
               "nothing to do; the needless rows may be deleted"),
    },
    "XLS-19": {
        "ru": ("ячейка за пределом {rows} строк / {columns} столбцов", "удалите эту ячейку или разделите файл"),
        "en": ("the cell is beyond {rows} rows / {columns} columns", "delete this cell or divide the file"),
    },
    "XLS-20": {
        "ru": ("после распаковки не больше {limit} байт, сжатие не больше чем в {most} раз; здесь {size} байт, "
               "сжатие в {ratio} раз",
               "запросите у региона файл заново; не открывайте этот"),
        "en": ("no more than {limit} bytes unpacked, compressed no more than {most} times; here {size} bytes, "
               "compressed {ratio} times",
               "ask the region for the file anew; do not open this one"),
    },
    "XLS-21": {
        "ru": ("недопустимый XML: {found} в части {part}", "запросите у региона файл заново; не открывайте этот"),
        "en": ("forbidden XML: {found} in the part {part}", "ask the region for the file anew; do not open this one"),
    },
    "XLS-22": {
        "ru": ("файл повреждён ({reason})", "запросите у региона заново"),
        "en": ("the file is damaged ({reason})", "ask the region for it anew"),
    },
    "XLS-23": {
        "ru": ("принимаются {accepted}; {reason:ru}", "{remedy:ru}"),
        "en": ("accepted formats: {accepted}; {reason:en}", "{remedy:en}"),
    },
    "XLS-24": {
        "ru": ("служебный файл пропущен", "исправлять не нужно"),
        "en": ("a service file was skipped", "nothing to do"),
    },
    "XLS-25": {
        "ru": ("один файл на регион; два: {first} и {second}", "оставьте верный, второй удалите из папки"),
        "en": ("one file for a region; two: {first} and {second}", "keep the right one, delete the other"),
    },
    "XLS-26": {
        "ru": ("зачёркнутые ключи читаются наравне с другими; строки: {rows} (всего {count})",
               "удалите строки или снимите зачёркивание"),
        "en": ("struck-through keys are read like the others; rows: {rows} (in all {count})",
               "delete the rows or remove the strike-through"),
    },
    "XLS-27": {
        "ru": ("файл повреждён или не проверен: {reason:ru}; хеш ожидался {expected}, найден {found}",
               "возьмите файл из источника заново; хеш опишите в source.yml"),
        "en": ("the file is damaged or unproved: {reason:en}; hash expected {expected}, found {found}",
               "take the file from its source anew; describe the hash in source.yml"),
    },
    # -- size (data/reading/) ------------------------------------------------------------------------------------------
    "BIG-01": {
        "ru": ("не больше {limit} {unit:ru}; в файле {size}", "разделите файл или сохраните его в CSV"),
        "en": ("no more than {limit} {unit:en}; the file has {size}", "divide the file or save it as CSV"),
    },
    "BIG-02": {
        "ru": ("в папке только ожидаемые файлы: {expected}", "переименуйте файл или уберите его из папки"),
        "en": ("only the expected files in the folder: {expected}", "rename the file or take it out of the folder"),
    },
    "BIG-04": {
        "ru": ("в ячейке не больше {limit} знаков; здесь {length}", "сократите текст"),
        "en": ("no more than {limit} characters in a cell; here {length}", "shorten the text"),
    },
    # -- cells of any file (data/reading/) -----------------------------------------------------------------------------
    "CEL-01": {
        "ru": ("здесь число или пометка «нет данных»", "введите число; без значения оставьте пустой"),
        "en": ("a number or a mark of a gap", "type a number; leave the cell empty if there is none"),
    },
    "CEL-02": {
        "ru": ("здесь целое число", "исправьте число"),
        "en": ("a whole number", "correct the number"),
    },
    "CEL-03": {
        "ru": ("от {low} до {high}", "исправьте значение"),
        "en": ("from {low} to {high}", "correct the value"),
    },
    "CEL-04": {
        "ru": ("допустимо: {allowed:ru}; похоже: {near:ru}", "выберите одно из допустимых значений"),
        "en": ("allowed: {allowed:en}; similar: {near:en}", "choose one of the allowed values"),
    },
    "CEL-05": {
        "ru": ("пробелы по краям убраны, ячеек: {count}", "исправлять не нужно"),
        "en": ("spaces at the ends removed, cells: {count}", "nothing to do"),
    },
    "CEL-06": {
        "ru": ("слова приведены к значениям из описания, ячеек: {count}: {words:ru}", "исправлять не нужно"),
        "en": ("words brought to the values of the description, cells: {count}: {words:en}", "nothing to do"),
    },
    "CEL-07": {
        "ru": ("код записан числом, прочитан как текст, ячеек: {count}", "исправлять не нужно"),
        "en": ("a code written as a number was read as text, cells: {count}", "nothing to do"),
    },
    # -- keys, registry, coverage, years (registry.py, intake/) --------------------------------------------------------
    "REF-01": {
        "ru": ("ключ записан один раз; строки {first} и {second} полностью совпадают", "удалите одну из двух строк"),
        "en": ("a key stands once; rows {first} and {second} are the same", "delete one of the two rows"),
    },
    "REF-02": {
        "ru": ("ключ записан один раз; строки {first} и {second} различаются: {columns}", "оставьте верную строку"),
        "en": ("a key stands once; rows {first} and {second} differ in: {columns}", "keep the right row"),
    },
    "REF-03": {
        "ru": ("одно написание центра: «{found}» и «{kept}» — один центр; принято «{kept}», ячеек: {count}",
               "исправьте написание или внесите его в синонимы реестра"),
        "en": ("one spelling of a centre: «{found}» and «{kept}» are one; «{kept}» was kept, cells: {count}",
               "correct the spelling or add it to the aliases of the registry"),
    },
    "REF-04": {
        "ru": ("код пишется кириллицей: латинская {character} в позиции {position}, нужно «{meant}»",
               "наберите код заново в русской раскладке"),
        "en": ("the code is Cyrillic: Latin {character} in position {position}, should be «{meant}»",
               "type the code again with the Russian keyboard"),
    },
    "REF-05": {
        "ru": ("буквы «й» и «ё» — один знак (NFC); составных записей приведено: {count}", "исправлять не нужно"),
        "en": ("letters «й» and «ё» are one character (NFC); decomposed cells composed: {count}", "nothing to do"),
    },
    "REF-06": {
        "ru": ("центр есть в реестре; нет в реестре: {names} (всего {count}); похоже на: {nearest}",
               "исправьте код или внесите центр в реестр"),
        "en": ("the centre is in the registry; not in it: {names} (in all {count}); similar: {nearest}",
               "correct the code or add the centre to the registry"),
    },
    "REF-07": {
        "ru": ("у каждого центра реестра есть данные; нет данных: {names} (всего {count})",
               "в рейтинге будет «нет данных»; если данные должны быть, запросите их"),
        "en": ("every centre of the registry has data; without data: {names} (in all {count})",
               "shown as «no data» in the rating; ask for the data if there should be some"),
    },
    "REF-08": {
        "ru": ("есть данные каждого региона; нет регионов: {regions} (всего {count}, центров в них: {centres})",
               "запросите файлы или разрешите пропуск: --allow-missing {first} (при приёме --absent {first}); в папке "
               "одного региона так и должно быть"),
        "en": ("every region has data; missing regions: {regions} (in all {count}, centres in them: {centres})",
               "ask for the files or allow the gap: --allow-missing {first} (--absent {first} when accepting); in the "
               "folder of one region it is as it should be"),
    },
    "REF-09": {
        "ru": ("код региона действует в {period}: {validity}; ближайшие из {count} действующих: {nearest}",
               "исправьте код региона"),
        "en": ("the region code is valid in {period}: {validity}; the nearest of {count} valid ones: {nearest}",
               "correct the region code"),
    },
    "REF-10": {
        "ru": ("код — текст, как в реестре: «{kept}»; записано числом или без нулей, ячеек: {count}",
               "исправлять не нужно"),
        "en": ("a code is text as in the registry: «{kept}»; written as a number or without zeros, cells: {count}",
               "nothing to do"),
    },
    "REF-11": {
        "ru": ("ключ не пуст", "впишите код или удалите строку"),
        "en": ("the key is not empty", "enter the code or delete the row"),
    },
    "REF-12": {
        "ru": ("год в столбце — год расчёта: {found} вместо {period}, строки {rows} (всего {count})",
               "проверьте, тот ли файл загружен"),
        "en": ("the year of the column is that of the run: {found} instead of {period}, rows {rows} (in all {count})",
               "check that this is the right file"),
    },
    "REF-13": {
        "ru": ("редакция {version} ({in_force}) применяется к своему периоду; данные за {period}",
               "выберите другую редакцию; для сравнения лет есть --cross-year, он ставит отметку на каждой странице"),
        "en": ("edition {version} ({in_force}) is used for its own period; the data are of {period}",
               "choose another edition; --cross-year exists for comparisons and marks every page"),
    },
    "REF-14": {
        "ru": ("на {period} действует одна редакция; действуют {first} ({first_dates}) и {second} ({second_dates})",
               "закройте срок прежней редакции: in_force.end"),
        "en": ("one edition is in force in {period}; there are {first} ({first_dates}) and {second} ({second_dates})",
               "close the older edition: in_force.end"),
    },
    "REF-15": {
        "ru": ("сроки действия не пересекаются: {first} {first_dates} (строка {first_row}) и {second} {second_dates} "
               "(строка {second_row})", "исправьте даты в реестре; у присоединённого центра укажите последний день"),
        "en": ("validity dates do not overlap: {first} {first_dates} (row {first_row}) and {second} {second_dates} "
               "(row {second_row})", "correct the dates in the registry; give a merged centre its last day"),
    },
    "REF-16": {
        "ru": ("годы сравниваются по общим показателям: {common}; только в {old}: {dropped}; только в {new}: {added}",
               "изменение состава — не изменение качества"),
        "en": ("years are compared by common indicators: {common}; only in {old}: {dropped}; only in {new}: {added}",
               "a change of the set is not a change of quality"),
    },
    "REF-17": {
        "ru": ("центр действует в {period}: {dates}", "данные отнесены к преемнику {successor}; проверьте реестр"),
        "en": ("the centre is valid in {period}: {dates}",
               "data are counted to its successor {successor}; check the registry"),
    },
    "REF-18": {
        "ru": ("центр действует в {period}: {dates}, преемник не указан",
               "укажите преемника или удалите данные центра"),
        "en": ("the centre is valid in {period}: {dates}, no successor stated",
               "state its successor or delete its data"),
    },
    "REF-19": {
        "ru": ("центр действует в {period}: {dates}", "не учтено: у преемника {successor} есть свой чек-лист"),
        "en": ("the centre is valid in {period}: {dates}", "left out: its successor {successor} has its own checklist"),
    },
    # -- survey microdata (intake/) ------------------------------------------------------------------------------------
    "SRV-01": {
        "ru": ("оценка от {low} до {high} (вопрос {question})", "исправьте оценку или оставьте ячейку пустой"),
        "en": ("a mark from {low} to {high} (question {question})", "correct the mark or leave the cell empty"),
    },
    "SRV-02": {
        "ru": ("оценка — целое число от {low} до {high} (вопрос {question})", "впишите целую оценку, как в анкете"),
        "en": ("a mark is a whole number from {low} to {high} (question {question})", "enter the whole mark as given"),
    },
    "SRV-03": {
        "ru": ("ответ есть в кодовой книге; ячеек с этим ответом: {count}; принято: {mark}",
               "исправьте ответ или внесите слово в кодовую книгу"),
        "en": ("the answer is in the codebook; cells with it: {count}; taken as: {mark}",
               "correct the answer or add the word to the codebook"),
    },
    "SRV-04": {
        "ru": ("код «нет ответа» стоит в кодовой книге ({known}); ячеек: {count}", "такие ответы в среднюю не входят"),
        "en": ("a no-answer code stands in the codebook ({known}); cells: {count}", "such answers enter no mean"),
    },
    "SRV-05": {
        "ru": ("шкала {low}–{high}; регион {region}: выше {high} ответов {share:.0%}, похоже на шкалу до 10",
               "уточните у региона шкалу и пересчитайте ответы"),
        "en": ("the scale is {low}–{high}; region {region}: {share:.0%} of answers above {high}, probably of 10",
               "ask the region about its scale and convert the answers"),
    },
    "SRV-06": {
        "ru": ("вопрос {question} растёт вместе с остальными (в кодовой книге: {high} — лучшая); корреляция {r:.2f}, "
               "анкет {n}, регионы: {where}", "проверьте, не 1 ли лучшая оценка; если да, внесите вопрос в обратные"),
        "en": ("question {question} rises with the others (codebook: {high} is the best); correlation {r:.2f}, "
               "respondents {n}, regions: {where}", "check whether 1 is the best mark; if so, list it as reversed"),
    },
    "SRV-07": {
        "ru": ("номер анкеты не повторяется: строки {first} и {second}", "удалите повтор или исправьте номер"),
        "en": ("a respondent stands once: rows {first} and {second}", "delete the repeat or correct the number"),
    },
    "SRV-08": {
        "ru": ("подряд нет одинаковых анкет: {count} записей, строки {first}–{last}, {share:.0%} анкет центра {centre};"
               " средняя с ними {mean_with:.2f}, без них {mean_without:.2f}",
               "анкеты не удалены, а помечены; уточните, не двойная ли это загрузка"),
        "en": ("no run of identical records: {count} records, rows {first}–{last}, {share:.0%} of centre {centre}; "
               "mean with them {mean_with:.2f}, without {mean_without:.2f}",
               "kept and marked, not removed; ask whether the file was loaded twice"),
    },
    "SRV-09": {
        "ru": ("центр принадлежит региону файла: {centre} относится к региону {owner}, в строке {region}",
               "исправьте код центра или региона"),
        "en": ("the centre belongs to the region: {centre} is of region {owner}, the row says {region}",
               "correct the code of the centre or of the region"),
    },
    "SRV-10": {
        "ru": ("клиентела — одна из: {allowed}; строк с другой: {count} ({rows})", "разделите анкеты по клиентелам"),
        "en": ("the clientele is one of: {allowed}; rows with another: {count} ({rows})",
               "separate the questionnaires"),
    },
    "SRV-11": {
        "ru": ("дата ответа в сроке опроса {start} – {end} и не позже {today}", "исправьте дату или удалите анкету"),
        "en": ("the answer's date is within {start} – {end} and not after {today}",
               "correct the date or delete the record"),
    },
    "SRV-12": {
        "ru": ("дата — по местному времени региона ({zone}): {local}; анкет со сменой даты: {count}",
               "исправлять не нужно"),
        "en": ("dates are by the region's local time ({zone}): {local}; records whose date changed: {count}",
               "nothing to do"),
    },
    "SRV-13": {
        "ru": ("вес больше 0, наибольший не более чем в {limit:g} раз больше наименьшего (сейчас {ratio})",
               "исправьте вес или обрежьте веса по правилу методики"),
        "en": ("a weight is above 0, the largest at most {limit:g} times the smallest (now {ratio})",
               "correct the weight or trim by the rule of the methodology"),
    },
    "SRV-14": {
        "ru": ("в каждой страте есть ответы; нет ответов: {stratum}", "объедините страту с соседней в методике"),
        "en": ("every stratum has answers; none in: {stratum}", "join the stratum with a neighbour in the methodology"),
    },
    "SRV-15": {
        "ru": ("у центра {centre} есть ответы; анкеты есть, ответов 0", "в рейтинге будет «нет данных»"),
        "en": ("centre {centre} has answers; there are records but 0 answers", "shown as «no data» in the rating"),
    },
    "SRV-16": {
        "ru": ("у центра ({clientele}) анкет не меньше {limit}; n < {limit}, не публикуется, центров {count}: "
               "{centres}",
               "соберите больше анкет; значения этой клиентуры в открытом отчёте скрыты"),
        "en": ("a centre ({clientele}) has at least {limit} records; n < {limit}, not published, centres {count}: "
               "{centres}", "collect more; the values of this clientele are hidden in the public report"),
    },
    "SRV-17": {
        "ru": ("ответы центра различаются; нет разброса, интервал вырожден, центров {count}: {centres}",
               "проверьте, как собраны анкеты"),
        "en": ("answers of a centre differ; no spread, the interval is degenerate, centres {count}: {centres}",
               "check how they were collected"),
    },
    "SRV-18": {
        "ru": ("на вопрос {question} есть ответы; без него индекс не считается",
               "добавьте ответы или уберите вопрос из методики"),
        "en": ("question {question} has answers; the index is not calculated without it",
               "add answers or take the question out of the methodology"),
    },
    "SRV-19": {
        "ru": ("личных сведений в файле нет", "удалите столбец; данные не скопированы"),
        "en": ("there are no personal data in the file", "delete the column; its data were not copied"),
    },
    "SRV-20": {
        "ru": ("в комментарии нет телефона, почты, имени", "скрыто во всех выводах; удалите личные сведения из файла"),
        "en": ("no telephone, e-mail or name in a comment",
               "masked in all outputs; delete personal data from the file"),
    },
    "SRV-21": {
        "ru": ("текст, похожий на формулу, остаётся текстом; ячеек: {count}", "исправлять не нужно"),
        "en": ("text that looks like a formula stays text; cells: {count}", "nothing to do"),
    },
    "SRV-22": {
        "ru": ("текст, похожий на код HTML, остаётся текстом; ячеек: {count}", "исправлять не нужно"),
        "en": ("text that looks like HTML code stays text; cells: {count}", "nothing to do"),
    },
    "SRV-23": {
        "ru": ("знаки разметки $ * _ | ` остаются текстом; ячеек: {count}", "исправлять не нужно"),
        "en": ("the marks $ * _ | ` stay text; cells: {count}", "nothing to do"),
    },
    # -- checklists (intake/) ------------------------------------------------------------------------------------------
    "CHK-02": {
        "ru": ("N больше 0; «неприменимо» методика допускает не везде ({where})",
               "впишите N; неприменимое оставьте только там, где это допускает методика"),
        "en": ("N is above 0; «not applicable» only where the methodology allows it ({where})",
               "enter N; leave out only what the methodology allows"),
    },
    "CHK-03": {
        "ru": ("при N = 0 исполнять нечего: X = {x}, N = 0", "впишите верное N"),
        "en": ("with N = 0 nothing can be fulfilled: X = {x}, N = 0", "enter the right N"),
    },
    "CHK-04": {
        "ru": ("X не меньше 0 (N = {n})", "исправьте X; расчёт не выполнен"),
        "en": ("X is not below 0 (N = {n})", "correct X; nothing was calculated"),
    },
    "CHK-05": {
        "ru": ("X — целое число исполненных требований (N = {n}); «частично» в методике нет",
               "впишите целое X: да или нет"),
        "en": ("X is a whole number of fulfilled requirements (N = {n}); the methodology has no «partly»",
               "enter a whole X: yes or no"),
    },
    "CHK-06": {
        "ru": ("X заполнено (N = {n}); пустое X не считается нулём", "впишите число исполненных требований"),
        "en": ("X is filled in (N = {n}); an empty X is not zero", "enter the number of fulfilled requirements"),
    },
    "CHK-07": {
        "ru": ("N заполнено (X = {x})", "впишите число заданных требований"),
        "en": ("N is filled in (X = {x})", "enter the number of set requirements"),
    },
    "CHK-08": {
        "ru": ("N = числу требований редакции {version}: {wanted}, в файле {n} (показатель {indicator})",
               "проверьте, по той ли редакции заполнен чек-лист"),
        "en": ("N = the number of requirements of edition {version}: {wanted}, not {n} (indicator {indicator})",
               "check that the checklist was filled in by this edition"),
    },
    "CHK-09": {
        "ru": ("ожидается число исполненных требований от 0 до {n}, а не доля и не процент",
               "впишите число требований"),
        "en": ("the number of fulfilled requirements from 0 to {n} is expected, not a share or percentage",
               "enter the number of requirements"),
    },
    "CHK-10": {
        "ru": ("пометка из списка: {allowed}; ячеек: {count}; принято: {mark}",
               "исправьте пометку, если она не из списка"),
        "en": ("a listed mark: {allowed}; cells: {count}; taken as: {mark}",
               "correct the mark if it is not listed"),
    },
    "CHK-11": {
        "ru": ("код есть в редакции {version}; похоже на: {nearest}", "исправьте код требования или показателя"),
        "en": ("the code is in edition {version}; similar: {nearest}",
               "correct the code of the requirement or indicator"),
    },
    "CHK-12": {
        "ru": ("у центра {centre} заполнены все требования; нет: {names} (всего {count})",
               "добавьте требование: да, нет или неприменимо"),
        "en": ("centre {centre} has all requirements filled in; missing: {names} (in all {count})",
               "add the requirement: yes, no or not applicable"),
    },
    "CHK-13": {
        "ru": ("требование {requirement} записано у центра {centre} один раз: строки {first} и {second}",
               "удалите повтор"),
        "en": ("requirement {requirement} stands once for centre {centre}: rows {first} and {second}",
               "delete the repeat"),
    },
    "CHK-14": {
        "ru": ("у центра {centre} применимо хотя бы одно требование; неприменимы все",
               "центр не ранжируется; проверьте файл"),
        "en": ("centre {centre} has an applicable requirement; all are marked not applicable",
               "the centre is not rated; check the file"),
    },
    "CHK-15": {
        "ru": ("показатель {indicator} различает центры; X = N у всех (регионы {where}; центров {count}): нет различий",
               "проверьте подтверждения; вес такого показателя ничего не меняет"),
        "en": ("indicator {indicator} tells centres apart; X = N in all (regions: {where}; {count})",
               "check the evidence; the weight of such an indicator changes nothing"),
    },
    "CHK-16": {
        "ru": ("дата проверки в отчётном периоде {start} – {end}", "исправьте дату или проведите проверку заново"),
        "en": ("the date of the check is within {start} – {end}", "correct the date or check again"),
    },
    "CHK-17": {
        "ru": ("X вручную = X по требованиям: центр {centre}, показатель {indicator}, вручную {typed}, "
               "по требованиям {automatic}, разница {difference}", "берётся X по требованиям; выясните причину"),
        "en": ("typed X = X by requirements: centre {centre}, indicator {indicator}, typed {typed}, "
               "by requirements {automatic}, difference {difference}", "X by requirements is used; find the reason"),
    },
    "CHK-18": {
        "ru": ("исполнение подтверждено документом ({document}); ячеек без него: {count}", "впишите подтверждение"),
        "en": ("fulfilment has evidence ({document}); cells without it: {count}", "enter the evidence"),
    },
    "CHK-19": {
        "ru": ("уровень требования {requirement} — {wanted}", "исправьте уровень: УЦЗН или ТЦЗН"),
        "en": ("the level of requirement {requirement} is {wanted}", "correct the level: УЦЗН or ТЦЗН"),
    },
    # -- templates, folders (templates.py, intake/) --------------------------------------------------------------------
    "TPL-01": {
        "ru": ("строка-пример шаблона не входит в данные", "строка пропущена; удалите её из файла"),
        "en": ("the example row of a template is not data", "the row was left out; delete it from the file"),
    },
    "FLD-01": {
        "ru": ("вид файла виден по заголовкам: {kinds}; найдено: {found}", "возьмите шаблон: zvezda template"),
        "en": ("the kind of file shows in its headers: {kinds}; found: {found}", "take a template: zvezda template"),
    },
    "FLD-02": {
        "ru": ("в папке есть реестр центров; взят реестр набора {dataset}", "добавьте реестр, если центры изменились"),
        "en": ("the folder holds a registry of centres; that of the data set {dataset} was used",
               "add a registry if the centres have changed"),
    },
    "FLD-04": {
        "ru": ("в редакции {version} есть перечень вопросов о зрелости (data.questions); его нет, ответы не проверены",
               "проверьте их с редакцией индикатора зрелости: -e РЕДАКЦИЯ"),
        "en": ("the edition {version} has a list of maturity questions (data.questions); it has none, the answers were "
               "not checked", "check them with the edition of the maturity indicator: -e EDITION"),
    },
    "FLD-03": {
        "ru": ("в папке один реестр центров; уже взят {first}", "соедините реестры в один файл"),
        "en": ("a folder holds one registry of centres; {first} was taken", "join the registries into one file"),
    },
    # -- end of registry, survey, checklist, templates, folders --------------------------------------------------------
    # -- experts' judgements (intake/experts/) -----------------------------------------------------------------------
    "EXP-01": {
        "ru": ("{expert}: в двух ячейках пары обратные числа; {row} × {column} = {back}, напротив ({first}) {there}: "
               "произведение {product}, должно быть 1 (не дальше {limit:.0%})", "исправьте одну из двух ячеек"),
        "en": ("{expert}: the two cells of a pair are reciprocal; {row} × {column} = {back}, opposite ({first}) "
               "{there}: product {product}, should be 1 (within {limit:.0%})", "correct one of the two cells"),
    },
    "EXP-02": {
        "ru": ("{expert}: {row} × {column} принято за {exact} (не дальше {limit:.0%}); таких ячеек: {count}",
               "исправлять не нужно; точнее писать дробью: {exact}"),
        "en": ("{expert}: {row} × {column} was taken for {exact} (within {limit:.0%}); such cells: {count}",
               "nothing to do; a fraction is more exact: {exact}"),
    },
    "EXP-03": {
        "ru": ("{expert}: сам с собой элемент сравнивается как 1 ({row} × {column})", "поставьте 1"),
        "en": ("{expert}: compared with itself an element is 1 ({row} × {column})", "enter 1"),
    },
    "EXP-04": {
        "ru": ("{expert}: сравнение {row} × {column} больше 0 (во сколько раз первое важнее)",
               "впишите число или дробь: 3 или 1/3"),
        "en": ("{expert}: the comparison {row} × {column} is above 0 (how many times the first is more important)",
               "enter a number or a fraction: 3 or 1/3"),
    },
    "EXP-05": {
        "ru": ("{expert}: сравнение {row} × {column} на шкале от {low} до {high}",
               "исправьте: {high} — крайне важнее; большего шкала не различает"),
        "en": ("{expert}: the comparison {row} × {column} is on the scale from {low} to {high}",
               "correct it: {high} means extremely more important, the scale knows no more"),
    },
    "EXP-06": {
        "ru": ("Excel превратил {typed} в дату", "введите значение заново; формат ячейки «Текстовый»"),
        "en": ("Excel turned {typed} into a date", "type the value again; cell format “Text”"),
    },
    "EXP-07": {
        "ru": ("{expert}: сравнения полны, матрица квадратная; {what:ru}",
               "добавьте недостающее; пару, о которой не спрашивали, оставьте пустой в обеих ячейках"),
        "en": ("{expert}: comparisons are complete, the matrix is square; {what:en}",
               "add what is missing; leave both cells empty of a pair that was not asked"),
    },
    "EXP-08": {
        "ru": ("названия строк и столбцов — коды редакции {version}; {found:ru}", "{remedy:ru}"),
        "en": ("names of rows and columns are codes of edition {version}; {found:en}", "{remedy:en}"),
    },
    "EXP-09": {
        "ru": ("{expert}: отношение согласованности не больше {limit} (больше {refused} не принимается); CR = {ratio}, "
               "случайный индекс — {index}; самая противоречивая тройка: {triple}",
               "спросите эксперта, не исправляйте за него; тройку исправит {repair}; сильнее всего поможет: "
               "{change:ru}"),
        "en": ("{expert}: the consistency ratio is at most {limit} (above {refused} it is refused); CR = {ratio}, "
               "random index: {index}; the most contradictory triple: {triple}",
               "ask the expert, do not correct for him; the triple is repaired by {repair}; most helpful: {change:en}"),
    },
    "EXP-11": {
        "ru": ("«{element}»: экспертов не меньше двух; один ({expert}), согласованность не определена",
               "спросите ещё хотя бы одного; одно мнение — не полное согласие"),
        "en": ("«{element}»: at least two experts; there is one ({expert}), agreement is not defined",
               "ask at least one more; one opinion is no full agreement"),
    },
    "EXP-12": {
        "ru": ("«{element}»: эксперты различают элементы; у всех ({count}) места равны: различий нет, W не определён",
               "спросите заново или назначьте равные веса решением"),
        "en": ("«{element}»: experts tell elements apart; all ({count}) gave equal places: no differences, "
               "W is not defined", "ask again or decide on equal weights"),
    },
    "EXP-13": {
        "ru": ("«{element}»: категорий больше одной; все эксперты ({count}) выбрали одну: каппа не определена; доля "
               "согласия 100 %", "в отчёте приводите долю согласия, а не каппу"),
        "en": ("«{element}»: more than one category; all experts ({count}) chose one: kappa is not defined; share of "
               "agreement 100 %", "report the share of agreement, not kappa"),
    },
    "EXP-14": {
        "ru": ("у эксперта {expert} один ответ; повторено строк: {count}, первая запись: {first:ru}",
               "оставьте верную запись: голос считается один раз"),
        "en": ("expert {expert} answers once; rows repeated: {count}, first record: {first:en}",
               "keep the right record: a vote counts once"),
    },
    "EXP-15": {
        "ru": ("{expert}: места по порядку, равные — как 1, 2, 2, 4; {what:ru}", "{remedy:ru}"),
        "en": ("{expert}: places in order, equal ones like 1, 2, 2, 4; {what:en}", "{remedy:en}"),
    },
    "EXP-16": {
        "ru": ("{expert}: сумма баллов равна {budget} («{element}»), роздано {total}",
               "раздайте ровно {budget}; сами баллы не пересчитываются"),
        "en": ("{expert}: points sum to {budget} («{element}»), given out: {total}",
               "give out exactly {budget}; points are not rescaled"),
    },
    "EXP-17": {
        "ru": ("{expert}: оценено всё; оценено {share:.0%}, {how:ru}", "дозаполните, если эксперт готов ответить"),
        "en": ("{expert}: everything is rated; rated {share:.0%}, {how:en}", "complete it if the expert can answer"),
    },
    "EXP-18": {
        "ru": ("эксперт обозначен кодом с цифрой, без имени: Э1, Э2 (и в имени файла, листа)",
               "замените имя кодом; соответствие храните отдельно"),
        "en": ("an expert is a code with a digit, no name: Э1, Э2 (also in names of files and sheets)",
               "replace the name by a code; keep the key elsewhere"),
    },
    "EXP-19": {
        "ru": ("{expert}: сравниваются элементы одного набора; {row} и {column} — из разных, ячеек: {count}",
               "сначала сравните группы, затем показатели внутри группы"),
        "en": ("{expert}: elements of one set are compared; {row} and {column} are of different ones, cells: {count}",
               "compare groups first, then indicators inside a group"),
    },
    "EXP-20": {
        "ru": ("«{element}»: хотя бы один эксперт оценил всё; больше всех оценено {share:.0%}",
               "попросите одного эксперта оценить всё"),
        "en": ("«{element}»: at least one expert rated everything; the most is {share:.0%}",
               "ask one expert to rate everything"),
    },
    "EXP-21": {
        "ru": ("{expert}: от {low} до {high}", "исправьте значение"),
        "en": ("{expert}: from {low} to {high}", "correct the value"),
    },
    "EXP-22": {
        "ru": ("{expert}: здесь число или дробь: 3, 0,33, 1/3", "впишите число; без ответа оставьте пустой"),
        "en": ("{expert}: a number or a fraction: 3, 0.33, 1/3", "enter a number; leave empty if there is no answer"),
    },
    "EXP-23": {
        "ru": ("{expert}: {what:ru} — {wanted}, от этого считаются остальные; сейчас {found} ({which})",
               "спросите эксперта заново: одно значение — точка отсчёта"),
        "en": ("{expert}: {what:en} is {wanted}, the others are judged from it; now {found} ({which})",
               "ask the expert again: one value is the point of reference"),
    },
    "EXP-24": {
        "ru": ("{expert}: CR по ответам не больше {limit} (Liang, Brunelli, Rezaei 2020); сейчас {ratio}, сильнее "
               "всего спорят: {judgements}", "спросите эксперта об этих трёх сравнениях"),
        "en": ("{expert}: the input-based CR is at most {limit} (Liang, Brunelli, Rezaei 2020); now {ratio}, most "
               "contradictory: {judgements}", "ask the expert about these three comparisons"),
    },
    "EXP-25": {
        "ru": ("{expert}: лучший и худший названы одинаково, сравнение между ними одно; {what:ru}",
               "исправьте одну из строк"),
        "en": ("{expert}: best and worst are named alike, one comparison joins them; {what:en}",
               "correct one of the rows"),
    },
    "EXP-26": {
        "ru": ("код эксперта пишется одинаково; «{expert}» и «{known}» на вид один код", "исправьте написание"),
        "en": ("an expert's code is spelt alike; «{expert}» and «{known}» look the same", "correct the spelling"),
    },
    "EXP-27": {
        "ru": ("{expert}: пропущенные пары дополняются, согласованность определена; дополнение не сошлось",
               "спросите эксперта о пропущенных парах"),
        "en": ("{expert}: missing pairs can be completed, consistency is defined; the completion did not converge",
               "ask the expert about the missing pairs"),
    },
    "WPL-01": {
        "ru": ("за один раз не больше {limit} элементов; {advice:ru}", "разбейте вопрос; ответы приняты"),
        "en": ("no more than {limit} elements at once; {advice:en}", "divide the question; the answers were taken"),
    },
    "WPL-02": {
        "ru": ("{expert}: согласованность проверяется до {limit} элементов (дальше нет случайного индекса); здесь "
               "{count}", "разбейте набор на группы"),
        "en": ("{expert}: consistency is checked up to {limit} elements (no random index beyond); here {count}",
               "divide the set into groups"),
    },
    # -- end of experts' judgements ------------------------------------------------------------------------------------
    # -- maturity answers and levels (intake/maturity.py) --------------------------------------------------------------
    "MAT-07": {
        "ru": ("ответ на вопрос {question} — одна из ступеней: {allowed}; ячеек с этим ответом: {count}; принято: "
               "{step}", "впишите ступень; слово или римскую цифру сначала внесите в перечень вопросов"),
        "en": ("the answer to question {question} is one of the steps: {allowed}; cells with it: {count}; taken as: "
               "{step}", "enter a step; add a word or a Roman numeral to the list of questions first"),
    },
    "MAT-09": {
        "ru": ("ступени проходят по порядку: регион {region} ({assessor}), требование {requirement} уровня {level} не "
               "исполнено, а на уровне {above} исполнено: {met}",
               "проверьте оба ответа; по правилу всех требований регион не выше уровня {limit}"),
        "en": ("steps are taken in order: region {region} ({assessor}), requirement {requirement} of level {level} is "
               "not met, but on level {above} these are: {met}",
               "check both answers; by the gate rule the region is not above level {limit}"),
    },
    "MAT-10": {
        "ru": ("число уровней одно: {old} — {before}, {new} — {after}; соответствие уровней: {mapping:ru}",
               "смена шкалы не рост и не падение: задайте соответствие и назовите его рядом со сравнением"),
        "en": ("the number of levels is the same: {old} has {before}, {new} has {after}; mapping of levels: "
               "{mapping:en}", "a change of scale is no progress: give a mapping and tell it beside the comparison"),
    },
    "MAT-11": {
        "ru": ("за период уровень падает не больше чем на 1: {region}, было {before}, стало {after}",
               "проверьте ответы обоих лет; если падение верно, объясните его в отчёте"),
        "en": ("a level falls by no more than 1 in a period: {region}, it was {before}, it is {after}",
               "check the answers of both years; if the fall is right, explain it in the report"),
    },
    "MAT-12": {
        "ru": ("вопрос есть в перечне методики; похоже на: {nearest}", "исправьте код вопроса"),
        "en": ("the question is in the list of the methodology; similar: {nearest}", "correct the question's code"),
    },
    "MAT-13": {
        "ru": ("вопрос {question} у региона {region} ({assessor}) записан один раз: строки {first} и {second}, ответы "
               "{answers}", "оставьте верную строку"),
        "en": ("question {question} stands once for region {region} ({assessor}): rows {first} and {second}, answers "
               "{answers}", "keep the right row"),
    },
    "MAT-14": {
        "ru": ("у региона {region} ({assessor}) есть ответы на все вопросы; нет: {names} (всего {count}); правило "
               "методики: {rule:ru}", "впишите ответы, если они известны"),
        "en": ("region {region} ({assessor}) has answered all questions; missing: {names} (in all {count}); rule of "
               "the methodology: {rule:en}", "enter the answers if they are known"),
    },
    "MAT-15": {
        "ru": ("ответ выше низшей ступени подтверждён документом ({document}): регион {region} ({assessor}), без него: "
               "{names} (всего {count})", "впишите подтверждение"),
        "en": ("an answer above the lowest step has evidence ({document}): region {region} ({assessor}), without it: "
               "{names} (in all {count})", "enter the evidence"),
    },
    "MAT-16": {
        "ru": ("оценщик — один из: {allowed}", "впишите, чья это оценка"),
        "en": ("the assessor is one of: {allowed}", "enter whose assessment it is"),
    },
    # -- end of maturity answers and levels ----------------------------------------------------------------------------
    # -- the catalogue of practices (practices.py) ---------------------------------------------------------------------
    "PRC-01": {
        "ru": ("ячейка заполнена", "впишите «{column}» или удалите строку"),
        "en": ("the cell is filled in", "enter «{column}» or delete the row"),
    },
    "PRC-02": {
        "ru": ("код практики стоит один раз; он уже есть в строке {first}", "дайте практике другой код"),
        "en": ("the code of a practice stands once; row {first} has it already", "give the practice another code"),
    },
    "PRC-03": {
        "ru": ("редакция есть в data/raw/methodology: {known}; похоже на: {nearest}", "исправьте имя редакции"),
        "en": ("the edition is in data/raw/methodology: {known}; similar: {nearest}", "correct the edition's name"),
    },
}
