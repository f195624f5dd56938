"""What the offline drafter knows about English: verb forms, dates, units, colours, pronouns. Data and look-ups only."""

from __future__ import annotations

import re

from clara.synthesis.claims import MONTH


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set to look things up in."""
    return frozenset(text.split())


def phrase_set(text: str) -> frozenset[str]:
    """The phrases of a text that are divided by ';'."""
    return frozenset(" ".join(phrase.split()) for phrase in text.split(";"))


_REGULAR = """
abandon accept accompany accuse achieve acquire act adapt add adopt advance advise affect aim allow announce appear
apply appoint approve argue arrange arrest arrive ask assassinate assemble assign assist assume attack attain attempt
attend attract award ban base battle believe belong boast bomb borrow capture carry cause cease celebrate change
charge claim classify climb close coin collaborate collapse collect combine command commemorate commission compare
compete compile complete compose comprise conceive conclude condemn conduct confirm connect conquer consider consist
construct consume contain continue contract contribute control convert convince cook cool cost cover crash create
criticize cross crown culminate damage dance debut decide declare decline decorate decrease dedicate defeat defend
define deliver demand demolish demonstrate deny depart depend depict deploy derive descend describe design destroy
determine develop devise die differ direct discontinue discover discuss dismiss display dissolve distribute divide
dominate donate double drop earn edit educate elect eliminate emerge employ enable enact encourage end endorse
engineer enjoy enroll ensure enter escape establish estimate evolve examine exceed exchange execute exist expand
expect experience explain explode explore export express extend face fail feature file finance finish fire fly focus
follow force form formulate found free function fund gain garner gather generate govern graduate grant guarantee guide
happen head heat help highlight host house identify ignore illustrate implement import improve include incorporate
increase indicate influence inform inherit inhabit initiate injure inspire install intend introduce invade invent
invest invite involve issue join judge jump kill label lack land last launch legalize license like limit link list
live load locate look lower maintain manage manufacture march mark market marry mean measure mention merge migrate
model modify move murder name need negotiate nickname note number observe obtain occupy occur offer open operate
oppose order organize originate outgrow own paint participate partner pass patent perform permit persuade pioneer
place plan plant play pledge point possess power praise predict prefer prepare present preserve press prevent print
process proclaim produce profess progress promise promote propose protect protest prove provide publish pull purchase
pursue push qualify raise range rank ratify reach react receive recognize recommend record recruit reduce refer
reflect reform refuse regain regard register reject relate release rely remain remove rename renovate repeat replace
report represent require rescue research reserve reside resign resist resolve respond rest restore restrict result
resume retain retire return reveal revise rule sail sanction schedule score search secure seize select separate serve
settle share shift shape ship sign signal situate solve span spark specialize sponsor stage star start state stay stop
store strain strengthen stretch strip structure struggle study submit succeed suffer suggest summon supply support
surrender surround survive suspend target tend test threaten total touch trace trade train transfer transform transmit
transport travel treat trigger try turn undergo unify unite unveil update use utilize value vary view violate visit
vote walk want warn watch weigh welcome work worsen yield abolish absorb accelerate accommodate accumulate acknowledge
activate address administer advocate amend annex anticipate assert associate assure attribute average await banish
beat benefit besiege bless block blame border breed broadcast campaign cater cast challenge characterize cite clear
coach code colonize compel compensate complain compress concentrate concern condense conflict constitute consult
contend contrast convey cooperate coordinate correspond credit cultivate debate decay deem defect delay delegate
denote denounce depose deprive designate detect deter devote dictate diminish disagree disappear disband discourage
displace dispute disrupt distinguish drain draft dwell echo elevate embrace emit emphasise emphasize encode encompass
encounter enforce engage enhance enlarge enrich enslave entitle erect erode evaluate evacuate evoke exert exhibit
exile expel exploit facilitate favor favour feed film flank flee flood flourish flow fluctuate forge formalize foster
freeze fulfil fulfill furnish guard halt harm harvest hire hunt immigrate impact imply impose imprison induce infect
inhibit inject insert inspect insist instruct insulate integrate interact interpret interview invoke isolate justify
knock lease liberate lift lobby lock lose manifest master mature maximize mediate mobilize monitor motivate mount
multiply narrate neglect object obey offend omit overlap oversee permeate perceive persecute persist phase plague pour
precede preside presume privatize prohibit proliferate prompt prosecute prosper rebel recall reconstruct recover
rectify refine reinforce reiterate relinquish relocate remark render renew reopen replicate reproduce resemble reshape
resort restructure reunite revive revolt reward rival rotate sack sample scatter secede secrete segregate sense
signify simulate slow smuggle solicit specify stabilize stem stimulate subdue substitute succumb sue summarize
supervise suppress surpass survey suspect sustain switch symbolize televise terminate testify thrive tour transcribe
transition translate trap undermine unlock uphold urge vanish venture verify withdraw witness worship headquarter age
call contact coat color colour equip fit price stock vest weld wire seat warrant craft tune rate fuel recharge service
staff archive premiere transplant screen tour stream air analyze analyse calculate investigate expose assess review
portray pronounce admit attach center contest peak document confuse diagnose extract seem purify populate sequence
suppose regulate abbreviate transfect fill synthesize voice miss match hospitalize incubate consolidate delete
attenuate pick request back validate commit amplify authorize adjust standardize cancel aid exclude configure
disable implicate inactivate clone question confer project post categorize subject remember wash handle bury culture
group dub cluster automate access induct avoid correlate prolong conjugate inoculate dilute suit accomplish author
couple wound alter step align outline generalize position simplify cede spawn practice practise filter carve map
upgrade localize expire honor honour recognise normalize supplement provision vaccinate quantify elicit circulate
institute shorten popularize disperse tax enclose optimize notice correct realize realise redesign characterise
gross quote pair avert proceed weaken chair download fade impair frame commence sentence answer elucidate assay
cleave allocate log convene wish uncover devastate exercise ruin balance check appeal term envision propagate embed
volunteer reissue pose reprise levy wrap compute approach compromise upload tolerate scale relegate wipe kidnap
conceal constrain theorize mitigate differentiate minimize probe modulate ease notify augment account function rely
combat copy fuse modify agree access adhere comply divert infer intervene regenerate stress fear
"""

_IRREGULAR = """
arise arose arisen; become became become; begin began begun; bind bound bound; break broke broken; bring brought
brought; build built built; buy bought bought; catch caught caught; choose chose chosen; come came come; cost cost
cost; cut cut cut; deal dealt dealt; do did done; draw drew drawn; drive drove driven; eat ate eaten; fall fell
fallen; feed fed fed; fight fought fought; find found found; fly flew flown; forbid forbade forbidden; forget forgot
forgotten; get got got; give gave given; go went gone; grow grew grown; hang hung hung; hear heard heard; hide hid
hidden; hit hit hit; hold held held; keep kept kept; know knew known; lay laid laid; lead led led; learn learned
learned; leave left left; lend lent lent; let let let; lie lay lain; lose lost lost; make made made; mean meant meant;
meet met met; outgrow outgrew outgrown; overcome overcame overcome; overthrow overthrew overthrown; pay paid paid; put
put put; read read read; rebuild rebuilt rebuilt; ride rode ridden; rise rose risen; run ran run; say said said; see
saw seen; seek sought sought; sell sold sold; send sent sent; set set set; shoot shot shot; show showed shown; shut
shut shut; sing sang sung; sink sank sunk; speak spoke spoken; spend spent spent; split split split; spread spread
spread; stand stood stood; strike struck struck; swear swore sworn; swim swam swum; take took taken; teach taught
taught; tell told told; think thought thought; throw threw thrown; undergo underwent undergone; undertake undertook
undertaken; wear wore worn; win won won; withdraw withdrew withdrawn; write wrote written; weave wove woven; withstand
withstood withstood; foresee foresaw foreseen; burn burned burned; bear bore born
"""

_DOUBLED = word_set(
    """stop plan ban drop fit ship strip control refer prefer occur permit submit transfer equip star admit commit
    map log wrap kidnap tag omit compel expel repel"""
)


def _inflect(base: str) -> tuple[str, str, str]:
    """(third person, past, participle) of a regular verb."""
    if base in _DOUBLED:
        return base + "s", base + base[-1] + "ed", base + base[-1] + "ed"
    if base.endswith("y") and base[-2] not in "aeiou":
        return base[:-1] + "ies", base[:-1] + "ied", base[:-1] + "ied"
    past = base + ("d" if base.endswith("e") else "ed")
    third = base + ("es" if base.endswith(("s", "x", "z", "ch", "sh", "o")) else "s")
    return third, past, past


THIRD: dict[str, str] = {}  # form -> base
PAST: dict[str, str] = {}
PARTICIPLE: dict[str, str] = {}
PAST_OF: dict[str, str] = {}  # base -> form
THIRD_OF: dict[str, str] = {}
_irregular = {row.split()[0]: row.split() for row in _IRREGULAR.replace("\n", " ").split(";") if row.strip()}
for _base in {*word_set(_REGULAR), *_irregular}:
    _third, _past, _participle = _inflect(_base)
    if _base in _irregular:
        _, _past, _participle = _irregular[_base]
    THIRD[_third] = THIRD_OF[_base] = _base
    PARTICIPLE[_participle] = _base
    if _past != _base:  # "cut", "put" and "set" are left alone: the tense is unknown
        PAST.setdefault(_past, _base)
    THIRD_OF[_base], PAST_OF[_base] = _third, _past
PAST["found"] = PARTICIPLE["found"] = "find"
PAST["founded"] = PARTICIPLE["founded"] = "found"
BASES = frozenset({*word_set(_REGULAR), *_irregular})
PAST["travelled"] = PARTICIPLE["travelled"] = "travel"

BE = {"is", "are", "was", "were"}
HAVE = {"has", "have", "had"}
MODALS = {"can", "could", "will", "would", "may", "might", "must", "should"}
# third-person forms that are as often plural nouns: taken as verbs only before a determiner, number or pronoun
NOUN_LIKE = word_set(
    """uses works plans states names forms plays needs means marks lists ranks rates results orders offers produces
    limits covers changes claims costs causes charges features functions heads holds hosts houses issues joins
    lands leaves links lives models moves notes numbers opens parks places points powers prices prints processes
    ranges records reforms reports rests returns rules runs sails scores serves sets shares shifts shapes ships
    shows signs sparks stages stands stars starts stops stores studies supports supplies targets tests totals
    trades trains transports treats turns updates values views visits votes walks watches yields finds builds
    fires fits files drives draws cuts breaks aims acts attacks awards bases battles doubles drops ends
    experiences faces falls fights demands designs displays exports imports increases decreases declines"""
)
NOUN_BASES = frozenset(THIRD[form] for form in NOUN_LIKE if form in THIRD)
# past forms that are as often nouns or adjectives
NOT_PAST = {"left", "lay", "saw", "used", "related", "limited", "united", "based", "estimated", "led"}

DANGLING = word_set(
    """it he she they him her them this these those such here there we us our i my you your former latter one ones
    itself himself herself themselves each another same"""
)
POSSESSIVES = {"its", "his", "her", "their"}
DETERMINERS = {"the", "a", "an", "this", "that", "these", "those", "its", "his", "her", "their", "our", "my", "your"}
BREAKERS = word_set(
    """that which who whom whose where when while if as because although though since unless until whereas whether but
    nor so than why how what"""
)
PREPOSITIONS = word_set(
    """in on at by for from of to with about into through during before after between among against under over near
    within without across along around behind beyond upon toward towards via per since until throughout despite
    like as including"""
)
OPENERS = word_set(
    """however therefore also additionally furthermore moreover later then today nevertheless consequently thus
    subsequently meanwhile finally eventually similarly traditionally historically currently originally
    initially generally typically often usually overall specifically notably first second third instead likewise
    indeed hence besides presently and but"""
) | {"in fact", "for example", "for instance", "in addition", "as a result", "in particular"}
GENERIC_UNITS = word_set(
    """unit product device machine item model instrument appliance system tool vehicle apparatus piece article
    equipment gadget"""
)
COLOURS = word_set(
    """red green blue yellow orange purple violet pink brown black white grey gray amber teal cyan magenta crimson
    scarlet maroon navy turquoise indigo beige ivory gold golden silver bronze copper olive lime coral salmon
    lavender mauve tan khaki charcoal cream burgundy ochre emerald"""
)
ORDINALS = word_set("first second third fourth fifth sixth seventh eighth ninth tenth last only")
ROLES = word_set(
    """president ceo cto cfo head chief chair chairman chairwoman chairperson king queen captain contact coach host
    boss principal mayor dean lead owner minister secretary spokesperson architect"""
)
PERSONS = word_set(
    """designer writer painter singer player leader founder teacher lawyer composer officer commander ruler explorer
    author actor actress director inventor sculptor professor doctor senator governor emperor editor politician
    musician philosopher theologian poet general admiral bishop pope saint prince princess duke scholar
    historian mathematician reformer preacher monk soldier banker farmer programmer developer researcher
    guitarist man woman"""
)
NOT_ROLES = word_set(
    """number power color colour layer container computer trailer boiler motor sensor processor monitor connector
    charger adapter order border paper water tower letter matter center filter meter diameter parameter
    perimeter corner quarter header footer folder cover chapter factor sector vector interior exterior floor
    door error mirror character timer transformer breaker carrier router printer controller inverter compressor
    heater cooler burner mixer buffer laser radar"""
)
PLACE_VERBS = word_set(
    """bear locate situate base build assemble make hold find found open die live establish manufacture produce play
    sign headquarter stand grow bury reside settle arrive stage craft set discover install originate begin start
    occur happen station put use speak practice observe record form"""
)
PERSON_VERBS = word_set(
    """found design invent write lead discover build direct compose paint develop create engineer own win publish coin
    command introduce rule write propose marry say argue make manufacture produce meet order sign start attend
    resign retire visit travel return defeat command graduate study teach sing kill decide refuse accept appoint
    elect move arrive die escape flee patent declare launch join establish purchase attack succeed believe win"""
)
# verbs after which 'what did X ...?' does not ask for what follows
NO_OBJECT_VERBS = word_set(
    """be become appear remain seem happen occur come go stand live die lie begin continue want need let get say state
    argue claim think believe know mean show cause tend try attempt plan intend refuse agree decide rise fall
    last weigh cost arrive depart emerge exist tell ask persuade convince force encourage allow enable permit
    help include comprise contain consider call name make find keep leave stay look turn start stop rank differ
    vary note suggest report estimate expect hope require demand"""
)
MEASURES = word_set(
    """population area length height width depth mass weight capacity budget endowment speed temperature price cost
    range diameter elevation density altitude volume distance duration warranty guarantee lifespan runtime
    circumference thickness power output voltage frequency radius revenue turnover salary membership enrollment
    enrolment"""
)

# sentence starters that are no names though they stand alone and capitalised
COMMON_STARTS = word_set(
    """production assembly work research demand construction development people water food money education music art
    science history energy power life death time today most many some several few all both other others more
    critics children women men none nothing everything everyone someone anyone what who which there"""
)

QUANTIFIERS = word_set(
    """some many most all both several few others other another each any none more much various numerous certain such
    additional half two three four five six seven eight nine ten early late modern traditional recent new"""
)

# adjectives that keep their capital
NATIONS = word_set(
    """american british english french german italian spanish portuguese russian chinese japanese indian roman greek
    dutch polish turkish ottoman egyptian european african asian islamic christian catholic protestant jewish
    muslim canadian australian mexican irish scottish welsh swedish norwegian danish norman soviet arab persian
    korean"""
)

YEAR = r"(?:1[0-9]{3}|20[0-9]{2})"
DATE = (
    rf"(?:(?:{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:, {YEAR})?|\d{{1,2}}(?:st|nd|rd|th)? (?:of )?{MONTH}(?:,? {YEAR})?"
    rf"|(?:(?:early|late|mid) )?{MONTH}(?: of)? {YEAR}"
    rf"|(?:the )?(?:spring|summer|autumn|fall|winter) of {YEAR}|(?:the )?(?:early |late |mid[- ])?{YEAR}s"
    rf"|(?:early |late |mid[- ])?{YEAR}(?:(?: to |[–-]){YEAR})?|\d{{4}}-\d{{2}}-\d{{2}}"
    r"|(?:c\. )?\d{1,4} (?:BCE|BC|CE|AD)|AD \d{1,4}"
    r"|the (?:early |late |mid[- ])?(?:\d{1,2}(?:st|nd|rd|th)|[a-z]+teenth|twentieth) century))(?![\w%])(?!,\d{3})"
)
NUMBER_WORD = (
    r"(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen"
    r"|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred)"
)
NUMBER = (
    rf"(?:\d{{1,3}}(?:,\d{{3}})+(?:\.\d+)?|\d+(?:\.\d+)?[½¼¾]?|{NUMBER_WORD})"
    r"(?: (?:million|billion|trillion|thousand|hundred))?"
)
UNIT = (
    r"(?:kg|kilograms?|grams?|g|mg|t|tonnes?|tons?|lbs?|pounds?|ounces?|oz|km/h|mph|m/s|kilomet(?:er|re)s?|met(?:er|re)s?"
    r"|centimet(?:er|re)s?|millimet(?:er|re)s?|km²|km2|m²|m2|km|cm|mm|m|miles?|feet|foot|ft|inch(?:es)?|yards?|acres?"
    r"|hectares?|ha|square (?:miles?|kilomet(?:er|re)s?|feet|met(?:er|re)s?)|lit(?:er|re)s?|ml|l|L|gallons?"
    r"|hours?|h|minutes?|min|seconds?|s|days?|weeks?|months?|years?|decades?|kWh|Wh|mAh|Ah|kW|MW|GW|W|watts?|kV|mV|V|volts?"
    r"|mA|A|amps?|GHz|MHz|kHz|Hz|rpm|bar|Pa|kPa|MPa|psi|Nm|N|dB|GB|TB|MB|kB|°C|°F|degrees(?: Celsius| Fahrenheit)?"
    r"|euros?|dollars?|pounds|USD|EUR|GBP|CHF|francs?|yen|percent|per cent|%)"
)
QUANTITY = (
    rf"(?:(?:US)?[$€£¥] ?{NUMBER}|(?:EUR|USD|GBP|CHF) ?\d[\d,.]*\d"
    rf"|{NUMBER}(?: ?[-–] ?{NUMBER})?(?:[ -]?{UNIT})(?![\w²]))"
)
DURATION_UNIT = re.compile(r"(?:hours?|h|minutes?|min|seconds?|days?|weeks?|months?|years?|decades?)$")
