# ruff: noqa: E501
"""Tables of worlds about travel, land and sky. Data only; worlds.py says how a line is read.

First line: `kind | name patterns | fact-free sentences`; then one attribute a line:
`label | values | statements | questions`, alternatives divided by ';', {s} the subject, {v} the value, {n} the name.
"""

SHIP = """
ship | {x};MV {x};{x} Star | {s} has a long wake;Old sailors still talk about {s};{s} carries two masts and a bell
captain | person | {s} is commanded by {v};{v} is the captain of {s};on the bridge of {s} stands {v} | Who commands {n}?;Who is in charge on board {n}?
shipyard | named:{x} Yard,{x} Docks,{x} Marine | {s} was built by {v};{v} laid the keel of {s};{s} left the slipway of {v} | Who built {n}?;Which yard built {n}?
launch year | year:1870-2020 | {s} was launched in {v};in {v} {s} first touched the water;the launch took place in {v} | When was {n} launched?;In which year did {n} first float?
home port | city | {s} is registered in {v};the home port is {v};{s} returns to {v} every winter | Where is {n} registered?;In which port is {n} at home?
length | qty:22-390:m,metres | {s} measures {v} from bow to stern;the hull is {v} long;{s} has a length of {v} | How long is {n}?;What does {n} measure from bow to stern?
cargo | choice:grain,timber,cement,coal,salt,fruit,cars,oil,sugar,rice,wine,fish | {s} mostly carries {v};the holds are filled with {v};{s} trades in {v} | What does {n} carry?;What cargo is on board {n}?
hull colour | colour | the hull is painted {v};{s} has a {v} hull;seen from the quay {s} is {v} | What colour is {n}?;How is the hull of {n} painted?
crew | qty:4-300:sailors,people,hands | {s} has a crew of {v};{v} work on board;{s} sails with {v} | How many people sail on {n}?;How large is the crew of {n}?
"""

BRIDGE = """
bridge | {x} Bridge;{x} Viaduct;{x} Crossing | {s} is lit at night;walkers like the view from {s};{s} sways a little in storms
designer | person | {s} was designed by {v};{v} drew the plans of {s};the design is the work of {v} | Who designed {n}?;Whose design is {n}?
river | named:{x},{x} River | {s} spans the {v};under {s} flows the {v};{s} leads across the {v} | What does {n} cross?;Which river flows under {n}?
opening | date | {s} was opened on {v};traffic first rolled over {s} on {v};the opening was on {v} | When was {n} opened?;On which day did traffic first use {n}?
span | qty:40-1900:m,metres | the main span is {v};{s} stretches {v} between its towers;{s} has a span of {v} | How wide is the span of {n}?;How far does {n} stretch?
material | material | {s} is made of {v};builders chose {v} for {s};{v} was used for the arches | What is {n} made of?;Which material was used for {n}?
contractor | named:{x} Brothers,{x} Construction,{x} & Co | {s} was put up by {v};{v} carried out the work;the builders were {v} | Which company put up {n}?;Who carried out the work on {n}?
toll | qty:1-40:crowns,francs,pesos | crossing costs {v};the toll is {v};drivers pay {v} at {s} | How much does crossing {n} cost?;What do drivers pay at {n}?
nearest city | city | {s} stands near {v};the closest city is {v};{v} lies a short ride away | Where does {n} stand?;Which city is near {n}?
"""

LAKE = """
lake | Lake {x};{x} Lake;{x} Tarn | {s} freezes in hard winters;herons nest around {s};mist hangs over {s} in autumn
depth | qty:6-480:m,metres | {s} is {v} deep;the deepest point lies at {v};{s} has a depth of {v} | How deep is {n}?;How far down is the bottom of {n}?
area | qty:2-900:square km,hectares | {s} covers {v};the surface is {v};{s} has an area of {v} | How large is {n}?;What area does {n} cover?
country | country | {s} lies in {v};maps show {s} in {v};it is one of the lakes of {v} | In which country is {n}?;Where does {n} lie?
inflow | named:{x} Creek,{x} River,{x} Brook | {s} is fed by the {v};the {v} flows into {s};most water comes from the {v} | What feeds {n}?;Which stream flows into {n}?
fish | choice:trout,perch,pike,carp,eel,salmon,bream,tench,char | anglers catch {v} in {s};{s} is known for {v};the most common fish is {v} | What do anglers catch in {n}?;Which fish is {n} known for?
discoverer | person | {s} was first mapped by {v};{v} was the first to survey {s};the first map of {s} is by {v} | Who first mapped {n}?;Who surveyed {n}?
survey year | year:1780-1990 | the first survey dates from {v};{s} was surveyed in {v};in {v} {s} appeared on a map | When was {n} surveyed?;In which year did {n} appear on a map?
"""

MOON = """
moon | {x};{x} b;{x} Minor | {s} always shows the same face;no probe has landed on {s};craters cover {s}
discoverer | person | {s} was found by {v};{v} discovered {s};the first to see {s} was {v} | Who discovered {n}?;Who first saw {n}?
planet | named:{x},{x} Prime | {s} circles {v};{s} is a moon of {v};its planet is {v} | Which planet does {n} circle?;What does {n} go around?
discovery | monthyear | {s} was discovered in {v};the discovery dates from {v};{s} has been known since {v} | When was {n} discovered?;Since when has {n} been known?
radius | qty:12-2600:km,kilometres | {s} has a radius of {v};from centre to surface {s} measures {v};the radius is {v} | How big is {n}?;What does {n} measure from centre to surface?
orbital period | qty:2-900:hours,days | one orbit takes {v};{s} needs {v} for a full turn around its planet;{s} comes round every {v} | How long does one orbit of {n} take?;How long does {n} need for a turn?
surface | choice:ice,dust,basalt,sulphur,rock,sand,frost,ash | the surface is mostly {v};{s} is covered with {v};{v} covers {s} | What covers {n}?;What is the surface of {n} mostly?
hue | colour | through a telescope {s} looks {v};{s} has a {v} hue;{s} shines {v} | What colour does {n} look?;How does {n} shine?
"""

VILLAGE = """
village | {x};Upper {x};{x} Green | {s} has one street and a pond;{s} is quiet in winter;storks return to {s} each spring
mayor | person | {s} is led by {v};the mayor is {v};{v} was elected mayor of {s} | Who is the mayor of {n}?;Who leads {n}?
inhabitants | qty:40-2900:people,inhabitants,souls | {s} is home to {v};{v} live in {s};the last count gave {v} | How many people live in {n}?;How many did the last count of {n} give?
founding year | year:1080-1890 | {s} was founded in {v};the oldest paper on {s} is from {v};people settled here in {v} | When was {n} founded?;In which year did people settle in {n}?
main trade | choice:pottery,weaving,beekeeping,fishing,farming,mining,brewing,carving,baking | most families live from {v};{s} is known for its {v};the main trade is {v} | What do families in {n} live from?;What is {n} known for?
market day | weekday | the market is held on {v};every {v} there is a market in {s};traders come on {v} | On which day is the market in {n}?;When do traders come to {n}?
river | named:{x},{x} Water | {s} lies on the {v};the {v} runs past {s};{s} was built beside the {v} | On which river does {n} lie?;What runs past {n}?
county town | city | the nearest big town is {v};buses from {s} go to {v};{s} is ruled from {v} | Where do buses from {n} go?;From where is {n} ruled?
"""

SEA_ROUTE = """
sea route | {x} Line;{x} Passage;{x} Run | {s} is rough in March;gulls follow every boat on {s};{s} has its own timetable
origin | city | {s} starts in {v};boats on {s} leave from {v};the first harbour is {v} | Where does {n} start?;From where do boats on {n} leave?
destination | named:Port {x},{x} Harbour,{x} | {s} ends in {v};the last stop is {v};{s} leads to {v} | Where does {n} end?;What is the last stop of {n}?
operator | named:{x} Ferries,{x} Shipping,{x} Lines | {s} is run by {v};{v} operates {s};tickets are sold by {v} | Who runs {n}?;Which company operates {n}?
distance | qty:12-980:km,miles,nautical miles | {s} is {v} long;the trip covers {v};boats travel {v} | How long is {n}?;How far do boats travel on {n}?
sailing time | qty:2-96:hours | the trip takes {v};passengers on {s} travel for {v};it lasts {v} | How much time does {n} take?;How long do passengers on {n} travel?
departure | time | boats leave at {v};the daily boat casts off at {v};departure is at {v} | At what time do boats on {n} leave?;When is the departure on {n}?
fare | qty:5-480:crowns,pounds,euros | a ticket costs {v};the fare is {v};passengers pay {v} | How much is a ticket for {n}?;What do passengers on {n} pay?
first trip | year:1860-2015 | {s} has existed since {v};the first boat went in {v};{s} was opened in {v} | Since when has {n} existed?;In which year did the first boat go on {n}?
"""

OBSERVATORY = """
observatory | {x} Observatory;{x} Station;Mount {x} Observatory | the dome of {s} opens at dusk;{s} welcomes school classes;snow often closes the road to {s}
director | person | {s} is directed by {v};the director is {v};{v} heads {s} | Who directs {n}?;Who heads {n}?
height | qty:120-4800:m,metres | {s} stands {v} above the sea;the dome lies at {v};{s} was built at a height of {v} | How high is {n}?;At what height does the dome of {n} lie?
first light | monthyear | first light was in {v};{s} has watched the sky since {v};the first picture was taken in {v} | When was first light at {n}?;When was the first picture at {n} taken?
mirror | dec:1-12:m,metres | the main mirror is {v} wide;{s} has a mirror of {v};light falls on a mirror of {v} | How wide is the mirror of {n}?;What size is the main mirror of {n}?
funder | named:{x} Foundation,{x} Trust,{x} Institute | {s} is paid for by {v};money comes from the {v};the {v} funds {s} | Who pays for {n}?;Who funds {n}?
country | country | {s} is in {v};the site was found in {v};{s} belongs to {v} | In which country is {n}?;Where is {n}?
target | choice:comets,pulsars,galaxies,asteroids,quasars,planets,nebulae,sunspots | astronomers at {s} study {v};{s} is best for {v};its main subject is {v} | What do astronomers at {n} study?;What is {n} best for?
"""

LOCOMOTIVE = """
locomotive | {x};{x} {d};Class {x} | {s} still whistles at every bend;children wave at {s};{s} rests in a brick shed
builder | named:{x} Works,{x} Foundry,{x} Engines | {s} was built by {v};{v} made {s};{s} came out of the halls of {v} | Who built {n}?;Which works made {n}?
chief engineer | person | the chief engineer was {v};{v} led the work on {s};{s} was drawn by {v} | Who was the engineer behind {n}?;Who led the work on {n}?
first run | year:1840-1990 | {s} first ran in {v};its first run was in {v};{s} entered service in {v} | When did {n} first run?;In which year did {n} enter service?
weight | qty:12-190:tonnes,t | {s} weighs {v};the weight is {v};on the scales {s} brings {v} | How heavy is {n}?;How much does {n} weigh?
top speed | qty:30-210:km/h | {s} reaches {v};the top speed is {v};on level track {s} runs at {v} | How fast is {n}?;What speed does {n} reach?
livery | colour | {s} is painted {v};its livery is {v};{s} runs in {v} | What colour is {n}?;How is {n} painted?
depot | city | {s} is kept in {v};its depot is in {v};{s} spends the night in {v} | Where is {n} kept?;In which city is the depot of {n}?
"""

ISLAND = """
island | {x};{x} Island;Isle of {x} | seals rest on {s};{s} has no cars;wind never stops on {s}
area | dec:1-90:square km | {s} covers {v};the area is {v};{s} measures {v} | How large is {n}?;What area does {n} have?
governor | person | {s} is governed by {v};{v} is the governor;the governor of {s} is {v} | Who governs {n}?;Who is the governor of {n}?
highest hill | named:{x} Hill,Mount {x},{x} Peak | the highest point is {v};{v} rises above {s};the top of {s} is called {v} | What is the highest point of {n}?;Which hill rises above {n}?
population | qty:3-9400:people,islanders | {v} live on {s};{s} has {v};the census counted {v} | How many people live on {n}?;How many did the census count on {n}?
export | choice:wool,cheese,honey,olives,salt,lace,tea,oysters,lemons,cork | {s} exports {v};ships leave {s} with {v};{s} lives from {v} | What does {n} export?;What do ships leave {n} with?
ferry harbour | city | the ferry to {s} leaves from {v};visitors arrive from {v};{s} is reached from {v} | From where does the ferry to {n} leave?;From which city is {n} reached?
lighthouse year | year:1790-1950 | the lighthouse dates from {v};since {v} a lighthouse has stood on {s};{s} got its lighthouse in {v} | How old is the lighthouse on {n}?;When did {n} get its lighthouse?
rock | material | {s} consists of {v};its cliffs are of {v};geologists find {v} on {s} | What does {n} consist of?;What are the cliffs of {n} made of?
"""

AIRSHIP = """
airship | {x};{x} {d};Spirit of {x} | {s} casts a long shadow;crowds gather when {s} lands;{s} hums like a bee
pilot | person | {s} is flown by {v};the pilot is {v};{v} sits at the controls of {s} | Who flies {n}?;Who sits at the controls of {n}?
hangar | city | {s} is moored in {v};its hangar is in {v};{s} returns to {v} after each trip | Where is {n} moored?;In which city is the hangar of {n}?
volume | qty:900-98000:cubic metres,m3 | {s} holds {v} of gas;its volume is {v};the gas bags take {v} | How much gas does {n} hold?;What volume does {n} have?
owner | named:{x} Airways,{x} Air,{x} Aviation | {s} belongs to {v};the owner is {v};{v} bought {s} | Who owns {n}?;To whom does {n} belong?
maiden flight | date | the maiden flight was on {v};{s} first rose on {v};{s} took to the air on {v} | When was the maiden flight of {n}?;On which day did {n} first rise?
ceiling | qty:300-4200:m,metres | {s} climbs to {v};its ceiling is {v};{s} stays below {v} | How high can {n} climb?;What height does {n} reach?
skin | material | the skin is of {v};{s} is covered in {v};{v} covers the frame | What is {n} covered in?;What is the skin of {n} made of?
"""

TRAVEL_WORLDS = (SHIP, BRIDGE, LAKE, MOON, VILLAGE, SEA_ROUTE, OBSERVATORY, LOCOMOTIVE, ISLAND, AIRSHIP)
